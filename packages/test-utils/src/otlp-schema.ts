import type { Field, FieldType, MessageType } from './protobuf';

/** The fields of opentelemetry-proto 1.x that are looked at, named as in OTLP/JSON so that one reader does for both. */
const one = (name: string, type: FieldType | (() => MessageType)): Field => ({ name, type });
const many = (name: string, type: FieldType | (() => MessageType)): Field => ({ name, type, repeated: true });

const arrayValue: MessageType = { 1: many('values', () => anyValue) };
const keyValueList: MessageType = { 1: many('values', () => keyValue) };
const anyValue: MessageType = {
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'int'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', () => arrayValue),
  6: one('kvlistValue', () => keyValueList),
  7: one('bytesValue', 'bytes'),
};
const keyValue: MessageType = { 1: one('key', 'string'), 2: one('value', () => anyValue) };
const resource: MessageType = { 1: many('attributes', () => keyValue) };
const scope: MessageType = { 1: one('name', 'string'), 2: one('version', 'string') };

const event: MessageType = {
  1: one('timeUnixNano', 'fixed64'),
  2: one('name', 'string'),
  3: many('attributes', () => keyValue),
};
const link: MessageType = {
  1: one('traceId', 'hex'),
  2: one('spanId', 'hex'),
  3: one('traceState', 'string'),
  4: many('attributes', () => keyValue),
};
const status: MessageType = { 2: one('message', 'string'), 3: one('code', 'int') };
const span: MessageType = {
  1: one('traceId', 'hex'),
  2: one('spanId', 'hex'),
  3: one('traceState', 'string'),
  4: one('parentSpanId', 'hex'),
  5: one('name', 'string'),
  6: one('kind', 'int'),
  7: one('startTimeUnixNano', 'fixed64'),
  8: one('endTimeUnixNano', 'fixed64'),
  9: many('attributes', () => keyValue),
  11: many('events', () => event),
  13: many('links', () => link),
  15: one('status', () => status),
};

const numberPoint: MessageType = {
  4: one('asDouble', 'double'),
  6: one('asInt', 'sfixed64'),
  7: many('attributes', () => keyValue),
};
const histogramPoint: MessageType = {
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: many('bucketCounts', 'fixed64'),
  7: many('explicitBounds', 'double'),
  9: many('attributes', () => keyValue),
  11: one('min', 'double'),
  12: one('max', 'double'),
};
const exponentialHistogramPoint: MessageType = {
  1: many('attributes', () => keyValue),
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  12: one('min', 'double'),
  13: one('max', 'double'),
};
const gauge: MessageType = { 1: many('dataPoints', () => numberPoint) };
const sum: MessageType = { 1: many('dataPoints', () => numberPoint), 3: one('isMonotonic', 'bool') };
const histogram: MessageType = { 1: many('dataPoints', () => histogramPoint) };
const exponentialHistogram: MessageType = { 1: many('dataPoints', () => exponentialHistogramPoint) };
const metric: MessageType = {
  1: one('name', 'string'),
  3: one('unit', 'string'),
  5: one('gauge', () => gauge),
  7: one('sum', () => sum),
  9: one('histogram', () => histogram),
  10: one('exponentialHistogram', () => exponentialHistogram),
};

const logRecord: MessageType = {
  1: one('timeUnixNano', 'fixed64'),
  2: one('severityNumber', 'int'),
  3: one('severityText', 'string'),
  5: one('body', () => anyValue),
  6: many('attributes', () => keyValue),
  9: one('traceId', 'hex'),
  10: one('spanId', 'hex'),
  12: one('eventName', 'string'),
};

/** An export request: resources, their scopes, and the items of a scope. */
function exportRequest(resources: string, scopes: string, items: string, item: MessageType): MessageType {
  const ofScope: MessageType = { 1: one('scope', () => scope), 2: many(items, () => item) };
  const ofResource: MessageType = { 1: one('resource', () => resource), 2: many(scopes, () => ofScope) };
  return { 1: many(resources, () => ofResource) };
}

export const exportTraceRequest = exportRequest('resourceSpans', 'scopeSpans', 'spans', span);
export const exportMetricsRequest = exportRequest('resourceMetrics', 'scopeMetrics', 'metrics', metric);
export const exportLogsRequest = exportRequest('resourceLogs', 'scopeLogs', 'logRecords', logRecord);
