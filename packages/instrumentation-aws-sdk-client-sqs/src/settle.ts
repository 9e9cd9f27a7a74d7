import type { MessagingTelemetry, SqsMessage } from '@queuetrace/messaging';
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { answered, failed } from './outcome';
import { queueOf } from './queue';
import type { ReceivedMessages } from './received-messages';
import type { Request } from './request';

interface Entry {
  Id?: string;
  ReceiptHandle?: string;
  VisibilityTimeout?: number;
}

/** DeleteMessage and ChangeMessageVisibility; with `Entries`, their batches. */
interface SettleInput extends Entry {
  QueueUrl?: string;
  Entries?: Entry[];
}

/** @param name `delete` or `change visibility` */
export function settle(
  name: string,
  isBatch: boolean,
  telemetry: MessagingTelemetry<SqsMessage>,
  request: Request<SettleInput>,
  received: ReceivedMessages,
): unknown {
  const { client, input } = request;
  const queue = queueOf(client, input.QueueUrl);
  const entries = isBatch ? input.Entries : [input];
  if (!Array.isArray(entries) || !telemetry.observes(queue.destination.name)) return request.pass();
  const carriersOf = (some: readonly Entry[]) =>
    some.flatMap(entry => received.get(entry?.ReceiptHandle)?.carrier ?? []);
  // A batch counts the messages that we have not seen, too.
  const messages = isBatch ? entries.map(entry => carriersOf([entry])[0] ?? {}) : carriersOf(entries);
  const active = telemetry.startSettle({ ...queue, name, messages, isBatch }, true);
  return request.send<{ Failed?: BatchResultErrorEntry[] }>(input, {
    active,
    onAnswer(output) {
      if (active) answered(active, request, entries.length, output);
      const failedIds = new Set(isBatch ? output?.Failed?.map(({ Id }) => Id) : []);
      const settled = isBatch ? entries.filter(({ Id }) => !failedIds.has(Id)) : entries;
      if (name === 'delete') telemetry.forget({ ...queue, name, messages: carriersOf(settled) });
      for (const entry of settled) note(received, entry);
      return output;
    },
    onError: error => active && failed(active, request, error),
  });
}

/** StartMessageMoveTask: the dead letters of a queue go back to where they came from. Which ones, nobody says. */
export function startMove(
  telemetry: MessagingTelemetry<SqsMessage>,
  request: Request<{ SourceArn?: string }>,
): unknown {
  const { destination, server } = queueOf(request.client, request.input.SourceArn);
  if (!telemetry.observes(destination.name)) return request.pass();
  const attributes = { dlqAction: 'retry' };
  const operation = { name: 'start message move task', destination, server, messages: [], attributes };
  const active = telemetry.startSettle(operation, true);
  if (!active) return request.pass();
  return request.send<object>(request.input, {
    active,
    onAnswer(output) {
      answered(active, request, undefined, output);
      return output;
    },
    onError: error => failed(active, request, error),
  });
}

/** What a settlement means for a process operation that nothing else ends. */
function note(received: ReceivedMessages, { ReceiptHandle, VisibilityTimeout }: Entry): void {
  if (VisibilityTimeout) received.extended(ReceiptHandle, VisibilityTimeout);
  else received.settled(ReceiptHandle, VisibilityTimeout === undefined);
}
