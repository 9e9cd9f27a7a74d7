import {
  metrics,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  TraceFlags,
  type Attributes,
  type Link,
  type SpanContext,
} from '@opentelemetry/api';
import { hasMetrics, isOurs, type Mode } from '../modes';
import type { Case } from './case';

/* What the SDK takes by itself for what Kafka's eachMessage tells: nobody who tells as much can be cheaper. */

const CREATION: SpanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
};
const PARENT = trace.setSpanContext(ROOT_CONTEXT, CREATION);

const WAITING = Object.freeze({
  'messaging.consumer.group.name': 'shop',
  'messaging.destination.name': 'orders',
  'messaging.system': 'kafka',
});
const SERIES = Object.freeze({
  ...WAITING,
  'messaging.destination.partition.id': '0',
  'messaging.operation.name': 'process',
});
/** What samplers decide by. */
const SAMPLING = Object.freeze({ ...SERIES, 'messaging.operation.type': 'process' });
const MESSAGE = Object.freeze({ 'messaging.kafka.offset': 1, 'messaging.kafka.message.key': 'key' });
/** What is set on a span that is recording. */
const DETAILS = Object.freeze({ ...MESSAGE, 'messaging.client.id': 'bench', 'messaging.queue_time_ms': 1 });

export function sdkCases(mode: Mode): Case[] {
  return [{ name: 'Kafka eachMessage, the SDK alone', messages: 1, call: callOf(mode) }];
}

function callOf(mode: Mode): () => void {
  if (mode === 'none') return () => {};
  const span = isOurs(mode) ? ours : byHand;
  if (!hasMetrics(mode)) return span;
  const meter = metrics.getMeter('the-sdk-alone');
  const duration = meter.createHistogram('messaging.process.duration');
  const queueTime = meter.createHistogram('messaging.queue_time');
  return () => {
    span();
    duration.record(0.001, SERIES, PARENT);
    // Contrib's counts, which the SDK does for the same price as we have the time in the queue.
    queueTime.record(1, WAITING, PARENT);
  };
}

const tracer = trace.getTracer('the-sdk-alone');

const start = (attributes: Attributes, links: Link[]) =>
  tracer.startSpan('process orders', { kind: SpanKind.CONSUMER, attributes, links }, PARENT);

function byHand(): void {
  start({ ...SAMPLING, ...MESSAGE }, [{ context: CREATION }]).end();
}

function ours(): void {
  const span = start(SAMPLING, [{ context: CREATION, attributes: { 'link.type': 'creation' } }]);
  if (span.isRecording()) span.setAttributes(DETAILS);
  span.end();
}
