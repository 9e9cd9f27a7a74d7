import type { SpanContext } from '@opentelemetry/api';

/** What is remembered of an attempt at a message, for the next one in this process. */
export interface Attempt {
  spanContext: SpanContext;
  /** How many attempts there were in this process. */
  count: number;
  /** What the attempt failed with, where it said so. */
  error?: string;
  /** The attempt was at the dead letter, not at the message in its own queue. */
  isDeadLetter: boolean;
}
