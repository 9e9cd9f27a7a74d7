import type { SpanContext } from '@opentelemetry/api';
import { lastAttempt, type Attempt } from './attempt';
import { arrivalAttributes, deadLetterOf } from './dead-letter';
import { guarded } from './guarded';
import type { Links } from './links';
import type { MessagingAttributes } from './semconv';
import type { TelemetryCore } from './telemetry-core';
import { readStory, STORY_FIELD, type ToldStory } from './told-story';
import type { DeadLetter, MessagingSystem, Operation } from './types';

/** What is known of a delivered message's past, when its processing begins. */
export interface Past {
  /** Nothing tells of a past. */
  isNew?: boolean;
  /** The context of its first send, where that is not the one it carries now. */
  original?: SpanContext;
  /** The queue or topic in which it is now. */
  queue?: string;
  /** The queue or topic in which it was tried first, where it is tried again elsewhere. */
  triedFirstIn?: string;
  last?: Attempt;
  /** The attempt before, in whichever process. */
  previous?: SpanContext;
  deadLetter?: DeadLetter;
  /** 1 for the first delivery; undefined where it is not known. */
  deliveryCount?: number;
  /** The same, where the first delivery that the only consumer of a message sees counts as the first. */
  attempts?: number;
  /** It is delivered here as a dead letter for the first time. */
  isNewlyDead: boolean;
  isRedelivered: boolean;
}

interface Carried {
  creation: SpanContext | undefined;
  /** Whether what the message says of its past counts at all (`trustIncomingContext`). */
  isTrusted: boolean;
}

/** Read from the message, from what its sender has told, and from what this process remembers. */
export function pastOf<M>(core: TelemetryCore<M>, operation: Operation<M>, message: M, carried: Carried): Past {
  const { creation } = carried;
  const last = lastAttempt(core, operation, message, creation);
  const isNew = !last && core.isNew(message, operation.destination.name);
  // Anybody may have written what is read here.
  const past = isNew ? undefined : guarded('reading a past', () => readPast(core, operation, message, carried, last));
  return past ?? newPast(core, operation, message);
}

function readPast<M>(
  core: TelemetryCore<M>,
  operation: Operation<M>,
  message: M,
  { creation, isTrusted }: Carried,
  last: Attempt | undefined,
): Past {
  const { system } = core;
  const told = isTrusted ? readStory(system.getter.get(message, STORY_FIELD)) : undefined;
  const deadLetter = deadLetterOf(core, operation, message, told);
  const deliveryCount = deliveryCountOf(system, message, told, last);
  const isComeAgain = system.isRedelivered?.(message) ?? false;
  const isNewlyDead = deadLetter !== undefined && !last?.deadLetter && !isComeAgain;
  // Whoever has published it knows of the attempts before, and of none since.
  const isAsPublished = !isComeAgain && failuresIn(system, message) <= (told?.failures ?? 0);
  const isFromSender = isAsPublished && !deadLetter?.isMovedByBroker;
  return {
    queue: system.queueOf?.(message) ?? operation.destination.name,
    triedFirstIn: told?.queue,
    // Whoever moved the message without publishing it again left the context of its first send in it.
    original: told?.original ?? (deadLetter?.isMovedByBroker ? creation : undefined),
    last,
    previous: last?.spanContext ?? (isFromSender ? told?.attempt : undefined),
    deadLetter: deadLetter && withAttempt(deadLetter, last),
    deliveryCount,
    attempts: attemptsAt(system, deliveryCount),
    isNewlyDead,
    isRedelivered: !isNewlyDead && (last !== undefined || (deliveryCount ?? 1) > 1 || isComeAgain),
  };
}

let latest: Past | undefined;

/** Of a message that has none: most are like the one before, and share it. */
function newPast<M>({ system }: TelemetryCore<M>, operation: Operation<M>, message: M): Past {
  const queue = system.queueOf?.(message) ?? operation.destination.name;
  const deliveryCount = system.deliveryCount(message);
  const attempts = attemptsAt(system, deliveryCount);
  const isSame = latest?.queue === queue && latest?.deliveryCount === deliveryCount && latest?.attempts === attempts;
  if (latest && isSame) return latest;
  latest = { isNew: true, queue, deliveryCount, attempts, isNewlyDead: false, isRedelivered: false };
  return latest;
}

/** Of a message, on its process span or on its link. */
export function pastAttributes({ deadLetter, deliveryCount }: Past): MessagingAttributes {
  return deadLetter ? { deliveryCount, ...arrivalAttributes(deadLetter) } : { deliveryCount };
}

export function addPastLinks(links: Links, { original, previous }: Past): void {
  links.add(original, 'original-message');
  links.add(previous, 'previous-attempt');
}

/**
 * What is known of a message that becomes a dead letter now, the delivery that goes on being a failed one; one that is a
 * dead letter already has failed so often before it was.
 * @param from the destination that it was delivered from
 * @param error what it has failed with now
 */
export function nextDeadLetter(past: Partial<Past>, from: string | undefined, error?: string): DeadLetter {
  const { deadLetter, triedFirstIn, queue = from, attempts, last } = past;
  return {
    originalQueue: triedFirstIn ?? deadLetter?.originalQueue ?? queue,
    retryCount: deadLetter ? deadLetter.retryCount : (attempts ?? (last && last.count + 1)),
    error: error ?? last?.error ?? deadLetter?.error,
    deadLetteredAtMs: Date.now(),
  };
}

/** Failed deliveries that a message itself tells of. */
export function failuresIn<M>(system: MessagingSystem<M>, message: M): number {
  return system.failures?.(message) ?? (system.deliveryCount(message) ?? 1) - 1;
}

/** 1 for the first delivery; undefined where it is not known. */
function deliveryCountOf<M>(
  system: MessagingSystem<M>,
  message: M,
  told: ToldStory | undefined,
  last: Attempt | undefined,
): number | undefined {
  const seen = last && system.seesEveryAttempt ? last.count : 0;
  const before = told?.deadLetter ? undefined : told?.deliveries;
  const counted = system.deliveryCount(message);
  // One that was sent again when it had failed so often is delivered anew.
  const fresh = counted === undefined ? undefined : Math.max(1, counted - (told?.failures ?? 0));
  if (before === undefined) return seen > 0 ? (fresh ?? 1) + seen : fresh;
  if (counted === undefined && system.isRedelivered?.(message)) return undefined;
  return before + Math.max(0, failuresIn(system, message) - (told?.failures ?? 0)) + seen + 1;
}

const attemptsAt = ({ seesEveryAttempt }: MessagingSystem<never>, deliveryCount: number | undefined) =>
  deliveryCount ?? (seesEveryAttempt ? 1 : undefined);

/** What this process has seen of the attempts is more exact than what a broker says of them. */
function withAttempt(deadLetter: DeadLetter, last: Attempt | undefined): DeadLetter {
  if (!last) return deadLetter;
  // The count of SQS goes on at the dead letter.
  if (last.deadLetter) return { ...deadLetter, ...last.deadLetter };
  const { error = deadLetter.error } = last;
  return { ...deadLetter, error, retryCount: Math.max(deadLetter.retryCount ?? 0, last.count) };
}
