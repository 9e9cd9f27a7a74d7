import type { OtlpSpan } from '@queuetrace/test-utils/build/src/otlp-receiver';
import { ordersIn } from '../progress';

/** Each order's trace as a tree. */
export function orderTraces(spans: readonly OtlpSpan[]): string {
  return ordersIn(spans)
    .sort((a, b) => (a.startNs < b.startNs ? -1 : 1))
    .map(root => traceOf(root, spans))
    .join('\n\n');
}

function traceOf(root: OtlpSpan, spans: readonly OtlpSpan[]): string {
  const inTrace = spans.filter(({ traceId }) => traceId === root.traceId);
  const title = `${String(root.attributes['messaging.kafka.message.key'])}  trace ${root.traceId}`;
  return [title, ...branch(root, inTrace, '', true)].join('\n');
}

function branch(span: OtlpSpan, inTrace: readonly OtlpSpan[], indent: string, isLast: boolean): string[] {
  const children = inTrace
    .filter(({ parentSpanId }) => parentSpanId === span.spanId)
    .sort((a, b) => (a.startNs < b.startNs ? -1 : 1));
  const line = `${indent}${isLast ? '└─' : '├─'} ${describe(span, inTrace)}`;
  const inner = `${indent}${isLast ? '   ' : '│  '}`;
  return [line, ...children.flatMap((child, index) => branch(child, inTrace, inner, index === children.length - 1))];
}

function describe(span: OtlpSpan, inTrace: readonly OtlpSpan[]): string {
  const service = String(span.resource['service.name']);
  const facts = [timesOf(span), deadLetterOf(span), storyOf(span, inTrace), failureOf(span)].filter(Boolean);
  return `${span.name}  [${service}]  ${facts.join(' · ')}`;
}

const milliseconds = (ns: bigint) => `${(Number(ns) / 1e6).toFixed(1)} ms`;

function timesOf(span: OtlpSpan): string {
  const took = milliseconds(span.endNs - span.startNs);
  if (span.kind !== 'CONSUMER') return took;
  const queueTimeMs = span.attributes['messaging.queue_time_ms'];
  const delivery = span.attributes['messaging.delivery_count'];
  const attempt = Number(delivery) > 1 ? ` · delivery ${String(delivery)}` : '';
  return queueTimeMs === undefined
    ? `processed ${took}${attempt}`
    : `queued ${String(queueTimeMs)} ms · processed ${took}${attempt}`;
}

function deadLetterOf({ attributes }: OtlpSpan): string {
  const queue = attributes['dlq.original_queue'];
  if (queue === undefined) return '';
  const verb = attributes['dlq.action'] === 'send' ? 'made a ' : '';
  return `${verb}dead letter of ${String(queue)}: ${String(attributes['dlq.error'] ?? 'reason not said')}`;
}

/** The links that are not there already as parents. */
function storyOf({ links, parentSpanId }: OtlpSpan, inTrace: readonly OtlpSpan[]): string {
  const told = links.filter(link => link.spanId !== parentSpanId);
  return told
    .map(link => {
      const target = inTrace.find(({ spanId }) => spanId === link.spanId);
      return `${String(link.attributes['link.type'] ?? 'linked')} → ${target ? target.name : `trace ${link.traceId.slice(0, 8)}`}`;
    })
    .join(', ');
}

function failureOf({ status, attributes }: OtlpSpan): string {
  return status.code === 'ERROR' ? `✗ ${String(attributes['error.type'])}: ${status.message}` : '';
}
