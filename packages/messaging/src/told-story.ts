import type { SpanContext } from '@opentelemetry/api';
import { readCountText } from './count';

/**
 * The header by which a message that is published again tells of its past, across processes. It is written only where
 * the app publishes a consumed message again: to a dead-letter destination, from one, to try it again, or with its
 * headers.
 */
export const STORY_FIELD = 'x-queuetrace-story';

/** What the one who publishes a message again tells the one who gets it. */
export interface ToldStory {
  /** The context of the message's first send. */
  original?: SpanContext;
  /** The process operation that has published it again, where that was an attempt at the message. */
  attempt?: SpanContext;
  /** Deliveries until then, that one included. */
  deliveries?: number;
  /** As many of them the broker has counted in the message itself. */
  failures?: number;
  /** Of what the message said of its past when it was published (`markOfPast`): the same, it says nothing new. */
  mark?: string;
  /** The queue or topic in which it was tried first. */
  queue?: string;
  /** What it failed with there, and the destination that it was published to as a dead letter. */
  deadLetter?: { destination: string; error?: string };
}

/** Neither of them is to make a message much bigger. */
const MAX_ERROR_LENGTH = 200;
const MAX_NAME_LENGTH = 256;
const MAX_MARK_LENGTH = 16;
/** Anybody may write the header. */
const MAX_LENGTH = 8192;

/** As a query string, which is ASCII: every broker carries it. */
export function writeStory({ original, attempt, deliveries, failures, mark, queue, deadLetter }: ToldStory): string {
  const fields = {
    original: original && writeSpanContext(original),
    attempt: attempt && writeSpanContext(attempt),
    deliveries,
    failures: failures || undefined,
    mark,
    queue: queue?.slice(0, MAX_NAME_LENGTH),
    dead: deadLetter?.destination.slice(0, MAX_NAME_LENGTH),
    error: deadLetter?.error?.slice(0, MAX_ERROR_LENGTH),
  };
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) told.set(name, String(value));
  return told.toString();
}

/** Undefined for what is no story; of a story that is partly wrong the rest. */
export function readStory(text: unknown): ToldStory | undefined {
  if (typeof text !== 'string' || text === '' || text.length > MAX_LENGTH) return undefined;
  const fields = new URLSearchParams(text);
  const destination = fields.get('dead');
  return {
    original: readSpanContext(fields.get('original')),
    attempt: readSpanContext(fields.get('attempt')),
    deliveries: readCountText(fields.get('deliveries')),
    failures: readCountText(fields.get('failures')),
    mark: fields.get('mark')?.slice(0, MAX_MARK_LENGTH),
    queue: fields.get('queue') || undefined,
    deadLetter: destination ? { destination, error: fields.get('error') || undefined } : undefined,
  };
}

const SPAN_CONTEXT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** As in `traceparent` (W3C Trace Context, version 00). */
function writeSpanContext({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

function readSpanContext(text: string | null): SpanContext | undefined {
  const [, traceId, spanId, flags] = SPAN_CONTEXT.exec(text ?? '') ?? [];
  return traceId ? { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true } : undefined;
}
