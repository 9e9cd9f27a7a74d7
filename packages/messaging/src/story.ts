import type { SpanContext } from '@opentelemetry/api';
import type { ActiveOperation } from './active-operation';
import type { Attempt } from './attempt';
import { arrivalAttributes, deadLetterOf, departureAttributes, ORIGINAL_FIELD, readOriginal } from './dead-letter';
import type { Links } from './links';
import type { MessagingAttributes } from './semconv';
import type { TelemetryCore } from './telemetry-core';
import type { Operation } from './types';

/** What is known of a message's past while it is processed. */
export interface Story {
  /** The context of its first send, where that is not the one it carries now. */
  original?: SpanContext;
  isDeadLetter: boolean;
  deliveryCount?: number;
  /** What the attempt before failed with. */
  lastError?: string;
  /** A dead letter was published again. */
  isReplayed?: boolean;
}

export interface StoryPlan {
  story: Story;
  /** The counters that count this delivery. */
  counted: ('redeliveredMessages' | 'deadLetteredMessages')[];
  attributes: MessagingAttributes;
  /** Told when the process operation ends, with what it failed with, if it did. */
  onEnd(process: ActiveOperation, failure?: string): void;
}

/** Reads one message's past, and remembers what its next attempt will want to know. */
export function planStory<M>(
  core: TelemetryCore<M>,
  operation: Operation<M>,
  creation: SpanContext | undefined,
  links: Links,
): StoryPlan {
  const { system, attempts } = core;
  const [message] = operation.messages;
  const identity = system.identity?.(message, operation);
  const last = identity === undefined ? undefined : attempts.get(identity);
  const deadLetter = deadLetterOf(core, operation);
  const told = readOriginal(system.getter.get(message, ORIGINAL_FIELD));
  // Whoever moved the message without publishing it again left the context of its first send in it.
  links.add(told ?? (deadLetter?.isMovedByBroker ? creation : undefined), 'original-message');
  links.add(last?.spanContext, 'previous-attempt');
  const deliveryCount = system.deliveryCount(message) ?? (last && system.seesEveryAttempt ? last.count + 1 : undefined);
  const isRedelivered = last || (deliveryCount ?? 1) > 1 || system.isRedelivered?.(message);
  const counted: StoryPlan['counted'] = isRedelivered ? ['redeliveredMessages'] : [];
  if (deadLetter && !last?.isDeadLetter) counted.push('deadLetteredMessages');
  const story = { original: told, isDeadLetter: deadLetter !== undefined, deliveryCount, lastError: last?.error };
  return {
    story,
    counted,
    attributes: deadLetter ? { deliveryCount, ...arrivalAttributes(deadLetter, last) } : { deliveryCount },
    onEnd: (process, failure) => endAttempt(core, process, story, { identity, last, failure }),
  };
}

interface Ended {
  identity: string | undefined;
  last: Attempt | undefined;
  /** What the attempt failed with, if it did. */
  failure?: string;
}

function endAttempt<M>(
  { system, attempts }: TelemetryCore<M>,
  process: ActiveOperation,
  { isDeadLetter, isReplayed }: Story,
  { identity, last, failure }: Ended,
): void {
  if (failure === undefined && isDeadLetter && !isReplayed) process.set({ dlqAction: 'archive' });
  if (identity === undefined) return;
  if (failure === undefined && !system.hasSilentFailures) {
    if (last) attempts.delete(identity);
    return;
  }
  const spanContext = process.span.spanContext();
  attempts.set(identity, { spanContext, count: (last?.count ?? 0) + 1, error: failure, isDeadLetter });
}

/** What a send inside the processing of a message does with that message. */
export function planRepublish<M>(
  core: TelemetryCore<M>,
  operation: Operation<M>,
  source: ActiveOperation | undefined,
  isForwarded: boolean,
  reason: string | undefined,
): {
  attributes?: MessagingAttributes;
  original?: SpanContext;
} {
  const story = source?.story;
  if (!source || !story) return {};
  const original = story.original ?? source.creation;
  if (story.isDeadLetter) {
    story.isReplayed = true;
    source.set({ dlqAction: 'retry' });
    return { original };
  }
  const { name } = operation.destination;
  const isLeaving = reason !== undefined || (name !== undefined && core.isDeadLetterDestination(name));
  if (!isLeaving) return isForwarded ? { original } : {};
  const attempt = { count: story.deliveryCount, error: reason ?? story.lastError };
  return { attributes: departureAttributes(source.operation, attempt), original };
}
