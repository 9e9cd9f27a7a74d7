import type { OtlpSpan } from '@queuetrace/test-utils/build/src/otlp-receiver';

const serviceOf = (span: OtlpSpan) => String(span.resource['service.name']);
const isProcessed = (service: string) => (span: OtlpSpan) =>
  serviceOf(span) === service && span.kind === 'CONSUMER' && span.status.code !== 'ERROR';

/** The traces of the orders: each begins with the message that the orders service sends. */
export const ordersIn = (spans: readonly OtlpSpan[]) =>
  spans.filter(span => serviceOf(span) === 'orders' && span.kind === 'PRODUCER');

/** Orders whose trace has come to the notification, which is the last thing that happens to one. */
function notified(spans: readonly OtlpSpan[]): number {
  const traces = new Set(ordersIn(spans).map(({ traceId }) => traceId));
  const deleted = spans.filter(span => serviceOf(span) === 'notification' && span.name.startsWith('delete '));
  return new Set(deleted.map(({ traceId }) => traceId).filter(traceId => traces.has(traceId))).size;
}

function analyzed(spans: readonly OtlpSpan[]): number {
  const linked = spans.filter(isProcessed('analytics')).flatMap(({ links }) => links.map(({ spanId }) => spanId));
  return ordersIn(spans).filter(({ spanId }) => linked.includes(spanId)).length;
}

export function isComplete(spans: readonly OtlpSpan[], orders: number): boolean {
  const areDone = deadLetters(spans, 'retry') === REPLAYED && deadLetters(spans, 'archive') === ARCHIVED;
  return notified(spans) === orders && analyzed(spans) === orders && areDone;
}

/** One on each broker. */
const REPLAYED = 3;
/** The invoice that cannot be written. */
const ARCHIVED = 1;

const deadLetters = (spans: readonly OtlpSpan[], action: string) =>
  spans.filter(({ attributes }) => attributes['dlq.action'] === action).length;

export function progressOf(spans: readonly OtlpSpan[], orders: number): string {
  const count = (service: string) => spans.filter(isProcessed(service)).length;
  return `${spans.length} spans: ${ordersIn(spans).length} of ${orders} orders sent, ${count('payment')} paid, ${count('shipping')} shipped, ${notified(spans)} notified, ${deadLetters(spans, 'retry')} dead letters replayed and ${deadLetters(spans, 'archive')} archived`;
}
