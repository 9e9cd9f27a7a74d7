import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';

/** How every other language spells the field of X-Ray's propagator: they look it up by exact case. */
export const XRAY_HEADER = 'X-Amzn-Trace-Id';
/** How the propagator for Node.js spells it. */
export const XRAY_FIELD = XRAY_HEADER.toLowerCase();

/* AWS X-Ray's tracing header, which SQS carries beside the message attributes and does not count among them:
 * `Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0 or 1>`. */

export function toTraceHeader({ traceId, spanId, traceFlags }: SpanContext): string {
  return `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=${traceFlags & 1}`;
}

const ROOT = /(?:^|;)\s*Root=1-([0-9a-f]{8})-([0-9a-f]{24})\s*(?:;|$)/i;
const PARENT = /(?:^|;)\s*Parent=([0-9a-f]{16})\s*(?:;|$)/i;
const SAMPLED = /(?:^|;)\s*Sampled=1\s*(?:;|$)/i;

/** The same as a W3C `traceparent`; undefined for a header without a parent, as one that only names a trace. */
export function toTraceparent(header: unknown): string | undefined {
  if (typeof header !== 'string') return undefined;
  const [, epoch, unique] = ROOT.exec(header) ?? [];
  const [, parent] = PARENT.exec(header) ?? [];
  if (!epoch || !parent) return undefined;
  const traceId = (epoch + unique).toLowerCase();
  const spanId = parent.toLowerCase();
  if (!isSpanContextValid({ traceId, spanId, traceFlags: 0 })) return undefined;
  return `00-${traceId}-${spanId}-0${SAMPLED.test(header) ? 1 : 0}`;
}
