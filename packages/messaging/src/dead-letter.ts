import type { SpanContext } from '@opentelemetry/api';
import type { Attempt } from './attempt';
import type { MessagingAttributes } from './semconv';
import type { TelemetryCore } from './telemetry-core';
import type { DeadLetter, Operation } from './types';

/** Reasons come from headers that anybody may write. */
const MAX_ERROR_LENGTH = 512;

/** What makes a message a dead letter here: what the broker or its mover says, or the destination's name. */
export function deadLetterOf<M>(
  core: TelemetryCore<M>,
  { messages, destination }: Operation<M>,
): DeadLetter | undefined {
  const told = core.system.deadLetter?.(messages[0], destination);
  if (told) return told;
  return destination.name !== undefined && core.isDeadLetterDestination(destination.name) ? {} : undefined;
}

/** The attributes of a dead letter's process span; what is not known is left out. */
export function arrivalAttributes(deadLetter: DeadLetter, last?: Attempt): MessagingAttributes {
  const { originalQueue, error, deadLetteredAtMs } = deadLetter;
  return {
    dlqOriginalQueue: originalQueue,
    dlqRetryCount: last?.isDeadLetter ? undefined : deadLetter.retryCount,
    dlqError: (last?.error ?? error)?.slice(0, MAX_ERROR_LENGTH),
    dlqTimestamp: isoTime(deadLetteredAtMs),
  };
}

/** The attributes of a send, or of a settlement, that makes a dead letter of the message being processed. */
export function departureAttributes(
  from: Operation<unknown>,
  attempt: { count?: number; error?: string },
): MessagingAttributes {
  return {
    dlqAction: 'send',
    dlqOriginalQueue: from.destination.name,
    dlqRetryCount: attempt.count,
    dlqError: attempt.error?.slice(0, MAX_ERROR_LENGTH),
    dlqTimestamp: isoTime(Date.now()),
  };
}

function isoTime(epochMs: number | undefined): string | undefined {
  const date = new Date(epochMs ?? NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/**
 * The header by which a message that is published again leads back to its first send, across processes. It is written
 * only where the app publishes a consumed message again: to a dead-letter destination, from one, or with its headers.
 */
export const ORIGINAL_FIELD = 'x-queuetrace-original';

const ORIGINAL = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export function writeOriginal({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

export function readOriginal(text: unknown): SpanContext | undefined {
  const [, traceId, spanId, flags] = (typeof text === 'string' && ORIGINAL.exec(text)) || [];
  return traceId ? { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true } : undefined;
}
