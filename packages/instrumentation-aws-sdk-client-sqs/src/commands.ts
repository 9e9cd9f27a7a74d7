import type { MessagingTelemetry, SnsMessage, SqsMessage, SqsReceivedMessages } from '@queuetrace/messaging';
import { receiveMessage } from './receive';
import type { Request } from './request';
import { sendBatch, sendMessage, type Sending } from './send';
import { settle, startMove } from './settle';
import { publish, publishBatch } from './sns';

/** What is told to. */
export interface Telling {
  telemetry: MessagingTelemetry<SqsMessage>;
  received: SqsReceivedMessages;
  /** SNS is a system of its own: its topics stand in front of queues. */
  telemetryOfSns(): MessagingTelemetry<SnsMessage>;
}

export interface Meaning {
  service: 'sqs' | 'sns';
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each operation has an input of its own.
  tell(telling: Telling, request: Request<any>): unknown;
}

const onQueue = (tell: Meaning['tell']): Meaning => ({ service: 'sqs', tell });
const onTopic = (tell: Meaning['tell']): Meaning => ({ service: 'sns', tell });
const sending = ({ telemetry }: Telling, { client, input }: Request<{ QueueUrl?: string }>): Sending<SqsMessage> => ({
  telemetry,
  name: 'send',
  place: client.queue(input.QueueUrl),
});

/** What commands mean, by the names of their classes. */
const COMMANDS = new Map<string, Meaning>([
  ['SendMessageCommand', onQueue((told, request) => sendMessage(sending(told, request), request))],
  ['SendMessageBatchCommand', onQueue((told, request) => sendBatch(sending(told, request), request, 'Entries'))],
  ['ReceiveMessageCommand', onQueue((told, request) => receiveMessage(told.telemetry, request, told.received))],
  ['DeleteMessageCommand', onQueue((told, request) => settle('delete', false, told, request))],
  ['DeleteMessageBatchCommand', onQueue((told, request) => settle('delete', true, told, request))],
  ['ChangeMessageVisibilityCommand', onQueue((told, request) => settle('change visibility', false, told, request))],
  ['ChangeMessageVisibilityBatchCommand', onQueue((told, request) => settle('change visibility', true, told, request))],
  ['StartMessageMoveTaskCommand', onQueue((told, request) => startMove(told.telemetry, request))],
  ['PublishCommand', onTopic((told, request) => publish(told.telemetryOfSns(), request))],
  ['PublishBatchCommand', onTopic((told, request) => publishBatch(told.telemetryOfSns(), request))],
]);

/** The names of command classes: a bundler that minifies takes their own from them. */
const names = new WeakMap<object, string>();

/** Remembers the names of the commands among these exports. */
export function learnCommands(exports: object): void {
  for (const [name, value] of Object.entries(exports)) {
    if (COMMANDS.has(name) && typeof value === 'function') names.set(value, name);
  }
}

export function commandsOf(service: Meaning['service']): string[] {
  return [...COMMANDS].filter(([, meaning]) => meaning.service === service).map(([name]) => name);
}

/** By the command's class, or one that it is derived from. */
export function meaningOf(command: unknown): Meaning | undefined {
  let type = (command as object | null | undefined)?.constructor as { name?: unknown } | null | undefined;
  for (; typeof type === 'function'; type = Object.getPrototypeOf(type) as typeof type) {
    const meaning = COMMANDS.get(names.get(type) ?? (type as { name: string }).name);
    if (meaning) return meaning;
  }
  return undefined;
}
