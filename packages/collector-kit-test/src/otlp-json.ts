/** Hand-made OTLP/JSON: spans and metrics as services send them. */
import { randomBytes } from 'node:crypto';

type Value = string | number | boolean;
export type Attributes = Readonly<Record<string, Value>>;

export interface SpanOptions {
  readonly traceId: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly kind?: 'CLIENT' | 'PRODUCER' | 'CONSUMER';
  readonly attributes?: Attributes;
  readonly isError?: boolean;
}

const KINDS = { CLIENT: 3, PRODUCER: 4, CONSUMER: 5 };
const ERROR = 2;
const CUMULATIVE = 2;

export const newTraceId = () => randomBytes(16).toString('hex');
export const newSpanId = () => randomBytes(8).toString('hex');

export async function sendSpans(url: string, service: string, spans: readonly SpanOptions[]): Promise<void> {
  await post(`${url}/v1/traces`, {
    resourceSpans: [{ resource: resourceOf(service), scopeSpans: [{ scope: scope(), spans: spans.map(toSpan) }] }],
  });
}

export interface MetricOptions {
  readonly name: string;
  readonly unit: string;
  readonly type: 'counter' | 'up_down_counter' | 'gauge' | 'histogram';
  readonly attributes: Attributes;
}

/** One point a metric. */
export async function sendMetrics(url: string, service: string, metrics: readonly MetricOptions[]): Promise<void> {
  await post(`${url}/v1/metrics`, {
    resourceMetrics: [
      { resource: resourceOf(service), scopeMetrics: [{ scope: scope(), metrics: metrics.map(toMetric) }] },
    ],
  });
}

async function post(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}

const scope = () => ({ name: '@queuetrace/instrumentation-kafkajs' });

const resourceOf = (service: string) => ({
  attributes: toKeyValues({ 'service.name': service, 'service.instance.id': `${service}-1` }),
});

function toSpan({ traceId, spanId, parentSpanId, name, kind, attributes, isError }: SpanOptions): unknown {
  const startMs = Date.now();
  return {
    traceId,
    spanId: spanId ?? newSpanId(),
    parentSpanId,
    name: name ?? 'process orders',
    kind: KINDS[kind ?? 'CONSUMER'],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(startMs + 20),
    attributes: toKeyValues(attributes ?? {}),
    status: isError ? { code: ERROR, message: 'told by a test' } : {},
  };
}

function toMetric({ name, unit, type, attributes }: MetricOptions): unknown {
  const times = { startTimeUnixNano: nanoseconds(Date.now() - 1000), timeUnixNano: nanoseconds(Date.now()) };
  const point = { attributes: toKeyValues(attributes), ...times };
  if (type === 'histogram') {
    const dataPoints = [{ ...point, count: 2, sum: 15, explicitBounds: [10, 100], bucketCounts: [1, 1, 0] }];
    return { name, unit, histogram: { aggregationTemporality: CUMULATIVE, dataPoints } };
  }
  const dataPoints = [{ ...point, asInt: '3' }];
  if (type === 'gauge') return { name, unit, gauge: { dataPoints } };
  return { name, unit, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: type === 'counter', dataPoints } };
}

const nanoseconds = (epochMs: number) => `${BigInt(epochMs) * 1_000_000n}`;

const toKeyValues = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: toValue(value) }));

function toValue(value: Value): unknown {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
