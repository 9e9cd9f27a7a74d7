import type { SpanContext } from '@opentelemetry/api';
import type { ActiveOperation } from './active-operation';
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
  const last = identity === undefined ? undefined : attempts.last(identity);
  const deadLetter = deadLetterOf(core, operation);
  const told = readOriginal(system.getter.get(message, ORIGINAL_FIELD));
  // Whoever moved the message without publishing it again left the context of its first send in it.
  const original = told ?? (deadLetter?.isMovedByBroker ? creation : undefined);
  links.add(original, 'original-message');
  links.add(last?.spanContext, 'previous-attempt');
  const deliveryCount = system.deliveryCount(message) ?? (last && system.seesEveryAttempt ? last.count + 1 : undefined);
  const story: Story = {
    original: told,
    isDeadLetter: deadLetter !== undefined,
    deliveryCount,
    lastError: last?.error,
  };
  const onEnd = (process: ActiveOperation, failure?: string) => {
    if (failure === undefined && story.isDeadLetter && !story.isReplayed) process.set({ dlqAction: 'archive' });
    if (identity === undefined) return;
    if (failure === undefined && !system.hasSilentFailures) return last && attempts.forget(identity);
    const spanContext = process.span.spanContext();
    attempts.remember(identity, {
      spanContext,
      count: (last?.count ?? 0) + 1,
      error: failure,
      isDeadLetter: story.isDeadLetter,
    });
  };
  return { story, attributes: { deliveryCount, ...(deadLetter && arrivalAttributes(deadLetter, last)) }, onEnd };
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
