/** Plain spans, metric points and log records out of the export requests of OTLP (in the shape of OTLP/JSON). */

export type OtlpValue = string | number | boolean | null | OtlpValue[] | { [key: string]: OtlpValue };
export type OtlpAttributes = Record<string, OtlpValue>;

export interface OtlpLink {
  readonly traceId: string;
  readonly spanId: string;
  /** As in the W3C header; empty where there is none. */
  readonly traceState: string;
  readonly attributes: OtlpAttributes;
}

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  /** Empty for a root span. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'UNSPECIFIED' | 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';
  readonly attributes: OtlpAttributes;
  readonly links: OtlpLink[];
  readonly events: { readonly name: string; readonly attributes: OtlpAttributes }[];
  readonly status: { readonly code: 'UNSET' | 'OK' | 'ERROR'; readonly message: string };
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly resource: OtlpAttributes;
  /** Name of the instrumentation scope. */
  readonly scope: string;
}

export interface OtlpHistogram {
  readonly count: number;
  readonly sum: number;
  readonly min?: number;
  readonly max?: number;
}

export interface OtlpPoint {
  readonly name: string;
  readonly unit: string;
  readonly type: 'gauge' | 'counter' | 'up_down_counter' | 'histogram';
  readonly attributes: OtlpAttributes;
  readonly value: number | OtlpHistogram;
  readonly resource: OtlpAttributes;
  readonly scope: string;
}

export interface OtlpLog {
  readonly eventName: string;
  readonly severityNumber: number;
  readonly body: OtlpValue;
  readonly attributes: OtlpAttributes;
  readonly traceId: string;
  readonly spanId: string;
  readonly resource: OtlpAttributes;
  readonly scope: string;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: AnyValue[] };
  readonly kvlistValue?: { readonly values?: KeyValue[] };
}

interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
}

/** A message as JSON has it; what is empty may be missing. */
type Json = { readonly [name: string]: unknown };

interface Owner {
  readonly resource: OtlpAttributes;
  readonly scope: string;
}

const spanKinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const statusCodes = ['UNSET', 'OK', 'ERROR'] as const;

export function spansOf(request: Json): OtlpSpan[] {
  return items(request, 'resourceSpans', 'scopeSpans', 'spans').map(([json, owner]) => toSpan(json, owner));
}

export function pointsOf(request: Json): OtlpPoint[] {
  return items(request, 'resourceMetrics', 'scopeMetrics', 'metrics').flatMap(([json, owner]) => toPoints(json, owner));
}

export function logsOf(request: Json): OtlpLog[] {
  return items(request, 'resourceLogs', 'scopeLogs', 'logRecords').map(([json, owner]) => ({
    eventName: text(json.eventName),
    severityNumber: number(json.severityNumber),
    body: toValue(object(json.body)),
    attributes: toAttributes(json),
    traceId: text(json.traceId),
    spanId: text(json.spanId),
    ...owner,
  }));
}

function items(request: Json, resources: string, scopes: string, name: string): [Json, Owner][] {
  return list(request[resources]).flatMap(ofResource =>
    list(ofResource[scopes]).flatMap(ofScope => {
      const owner = { resource: toAttributes(object(ofResource.resource)), scope: text(object(ofScope.scope).name) };
      return list(ofScope[name]).map((item): [Json, Owner] => [item, owner]);
    }),
  );
}

function toSpan(json: Json, owner: Owner): OtlpSpan {
  const status = object(json.status);
  return {
    traceId: text(json.traceId),
    spanId: text(json.spanId),
    traceState: text(json.traceState),
    parentSpanId: text(json.parentSpanId),
    name: text(json.name),
    kind: spanKinds[number(json.kind)],
    attributes: toAttributes(json),
    links: list(json.links).map(toLink),
    events: list(json.events).map(event => ({ name: text(event.name), attributes: toAttributes(event) })),
    status: { code: statusCodes[number(status.code)], message: text(status.message) },
    startNs: BigInt(text(json.startTimeUnixNano) || 0),
    endNs: BigInt(text(json.endTimeUnixNano) || 0),
    ...owner,
  };
}

function toLink(json: Json): OtlpLink {
  const { traceId, spanId, traceState } = json;
  return {
    traceId: text(traceId),
    spanId: text(spanId),
    traceState: text(traceState),
    attributes: toAttributes(json),
  };
}

function toPoints(metric: Json, owner: Owner): OtlpPoint[] {
  const data = object(metric.gauge ?? metric.sum ?? metric.histogram ?? metric.exponentialHistogram);
  const type = metricType(metric);
  return list(data.dataPoints).map(point => ({
    name: text(metric.name),
    unit: text(metric.unit),
    type,
    attributes: toAttributes(point),
    value: type === 'histogram' ? toHistogram(point) : number(point.asDouble ?? point.asInt),
    ...owner,
  }));
}

function metricType(metric: Json): OtlpPoint['type'] {
  if (metric.gauge) return 'gauge';
  if (metric.sum) return object(metric.sum).isMonotonic ? 'counter' : 'up_down_counter';
  return 'histogram';
}

function toHistogram({ count, sum, min, max }: Json): OtlpHistogram {
  const histogram = { count: number(count), sum: number(sum) };
  // JSON may have an infinity as a string, protobuf leaves an unset one out.
  return min === undefined ? histogram : { ...histogram, min: number(min), max: number(max) };
}

function toAttributes(json: Json): OtlpAttributes {
  return fromKeyValues(json.attributes as KeyValue[] | undefined);
}

function fromKeyValues(keyValues: readonly KeyValue[] = []): OtlpAttributes {
  return Object.fromEntries(keyValues.map(({ key, value }) => [key, toValue(value ?? {})]));
}

function toValue(value: AnyValue): OtlpValue {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(toValue);
  if (value.kvlistValue) return fromKeyValues(value.kvlistValue.values);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue ?? null;
}

const list = (value: unknown) => (value ?? []) as Json[];
const object = (value: unknown) => (value ?? {}) as Json;
const text = (value: unknown) => String(value ?? '');
const number = (value: unknown) => Number(value ?? 0);
