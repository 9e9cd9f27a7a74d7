import type { SpanContext } from '@opentelemetry/api';
import type { TelemetryCore } from './telemetry-core';
import type { DeadLetter, Operation } from './types';

/** What is remembered of an attempt at a message, for the next one in this process. */
export interface Attempt {
  /** Undefined without an SDK. */
  spanContext: SpanContext | undefined;
  /** The span of the creation context of the message: another message may come by the same identity, as from another broker. */
  creationId: string | undefined;
  /** How many attempts there were in this process. */
  count: number;
  /** What the attempt failed with, where it said so. */
  error?: string;
  /** Where the attempt was at the dead letter, not at the message in its own queue: what it was one for. */
  deadLetter?: Pick<DeadLetter, 'retryCount' | 'error'>;
}

/** What is told of an error is no longer. */
const MAX_ERROR_LENGTH = 512;

/** As much of an error as is remembered, and nothing behind it: a text that is cut keeps the whole in memory. */
export function rememberedError(error: string | undefined): string | undefined {
  if (error === undefined || error.length <= MAX_ERROR_LENGTH) return error;
  return Buffer.from(error.slice(0, MAX_ERROR_LENGTH)).toString();
}

/** Names and ids are the broker's, and headers anybody's: what is longer is not worth its memory. */
const MAX_IDENTITY_LENGTH = 1024;

/** The last attempt in this process at the message of a process operation, where it is known to be the same message. */
export function lastAttempt<M>(
  core: TelemetryCore<M>,
  operation: Operation<M>,
  message: M,
  creation: SpanContext | undefined,
): Attempt | undefined {
  if (core.attempts.isEmpty || core.system.mayHavePast?.(message) === false) return undefined;
  const identity = identityOf(core, operation, message, creation);
  const attempt = identity === undefined ? undefined : core.attempts.get(identity);
  return attempt?.creationId === creation?.spanId ? attempt : undefined;
}

/** For the next attempt; undefined forgets the message, which will not come again. */
export function rememberAttempt<M>(
  core: TelemetryCore<M>,
  operation: Operation<M>,
  message: M,
  creation: SpanContext | undefined,
  attempt: Attempt | undefined,
): void {
  if (!attempt && core.attempts.isEmpty) return;
  const identity = identityOf(core, operation, message, creation);
  if (identity === undefined) return;
  if (attempt) core.attempts.set(identity, attempt);
  else core.attempts.delete(identity);
}

function identityOf<M>(
  { system }: TelemetryCore<M>,
  operation: Operation<M>,
  message: M,
  creation: SpanContext | undefined,
): string | undefined {
  const identity = system.identity?.(message, operation, creation?.spanId);
  return identity && identity.length <= MAX_IDENTITY_LENGTH ? identity : undefined;
}
