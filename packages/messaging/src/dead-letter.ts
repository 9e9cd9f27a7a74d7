import { ATTRIBUTE_NAMES, type MessagingAttributes } from './semconv';
import { readCountText } from './count';
import { markOfPast } from './past-mark';
import type { TelemetryCore } from './telemetry-core';
import type { ToldStory } from './told-story';
import type { DeadLetter, MessagingSystem, Operation } from './types';

/** Names and reasons come from headers that anybody may write. */
const MAX_ERROR_LENGTH = 512;
const MAX_NAME_LENGTH = 256;

/** What makes a message a dead letter here: what its sender, the broker or its mover says, or the destination's name. */
export function deadLetterOf<M>(
  core: TelemetryCore<M>,
  operation: Operation<M>,
  message: M,
  told: ToldStory | undefined,
): DeadLetter | undefined {
  const { system } = core;
  const { name } = operation.destination;
  // What follows from a message is sent on with what that one said of its past, as is one that is tried again.
  const isOld = told !== undefined && !told.deadLetter && told.mark === markOfPast(system, message);
  const deadLetter =
    bySender(system, operation, message, told) ??
    (isOld && system.pastHeaders ? undefined : system.deadLetter?.(message, operation.destination, core)) ??
    (isOld ? undefined : byHand(system, name, message));
  if (deadLetter) return deadLetter;
  if (name === undefined || !core.isDeadLetterDestination(name)) return undefined;
  return { deadLetteredAtMs: system.sentAt(message) };
}

/** It was sent here through us. */
function bySender<M>(
  system: MessagingSystem<M>,
  { destination: { name } }: Operation<M>,
  message: M,
  told: ToldStory | undefined,
): DeadLetter | undefined {
  if (!told?.deadLetter || name === undefined) return undefined;
  const { destination, error } = told.deadLetter;
  // RabbitMQ's name for where a message was published to begins that for where it came from.
  if (name !== destination && !name.startsWith(`${destination}:`)) return undefined;
  return { originalQueue: told.queue, retryCount: told.deliveries, error, deadLetteredAtMs: system.sentAt(message) };
}

/** The headers of a dead letter that was sent by hand; the same in all vocabularies. */
export const FIELDS = {
  originalQueue: ATTRIBUTE_NAMES.dlqOriginalQueue[0],
  retryCount: ATTRIBUTE_NAMES.dlqRetryCount[0],
  error: ATTRIBUTE_NAMES.dlqError[0],
  timestamp: ATTRIBUTE_NAMES.dlqTimestamp[0],
};

/** Whether a message goes out with such headers, and not only with those that a delivered one came with. */
export function isDeadLetterByHand<M>(system: MessagingSystem<M>, delivered: readonly M[], sent: M): boolean {
  const said = system.getter.get(sent, FIELDS.timestamp);
  return said !== undefined && !delivered.some(message => system.getter.get(message, FIELDS.timestamp) === said);
}

export function errorByHand<M>(system: MessagingSystem<M>, sent: M): string | undefined {
  return headerText(system, sent, 'error');
}

function headerText<M>({ getter }: MessagingSystem<M>, message: M, field: keyof typeof FIELDS): string | undefined {
  const value = getter.get(message, FIELDS[field]);
  return typeof value === 'string' ? value : undefined;
}

/** Who sent it with these headers need not have an instrumentation. */
function byHand<M>(system: MessagingSystem<M>, here: string | undefined, message: M): DeadLetter | undefined {
  const text = (field: keyof typeof FIELDS) => headerText(system, message, field);
  const originalQueue = text('originalQueue');
  // One that has been sent again with its headers.
  if (originalQueue === undefined || originalQueue === here) return undefined;
  const deadLetteredAtMs = Date.parse(text('timestamp') ?? '');
  return {
    originalQueue,
    retryCount: readCountText(text('retryCount')),
    error: text('error'),
    deadLetteredAtMs: Number.isNaN(deadLetteredAtMs) ? system.sentAt(message) : deadLetteredAtMs,
  };
}

/** The attributes of a dead letter's process span; what is not known is left out. */
export function arrivalAttributes({
  originalQueue,
  retryCount,
  error,
  deadLetteredAtMs,
}: DeadLetter): MessagingAttributes {
  return {
    dlqOriginalQueue: originalQueue?.slice(0, MAX_NAME_LENGTH),
    dlqRetryCount: retryCount,
    dlqError: error?.slice(0, MAX_ERROR_LENGTH),
    dlqTimestamp: isoTime(deadLetteredAtMs),
  };
}

/** The attributes of a send, or of a settlement, that makes a dead letter of the message being processed. */
export function departureAttributes(deadLetter: DeadLetter): MessagingAttributes {
  return { dlqAction: 'send', ...arrivalAttributes(deadLetter) };
}

function isoTime(epochMs: number | undefined): string | undefined {
  const date = new Date(epochMs ?? NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
