import { isObject } from '../is-object';
import { ownKey } from './own-key';
import type { DeadLetter, Destination, MessagingSystem } from '../types';

type HeaderValue = string | Buffer | (string | Buffer)[] | null | undefined;

/** What the Kafka clients for Node.js spell alike in a record. */
export interface KafkaMessage {
  key?: string | Buffer | null;
  value?: string | Buffer | null;
  headers?: Record<string, HeaderValue>;
  offset?: string;
  /** Epoch milliseconds: the producer's time, or the broker's where the topic says LogAppendTime. */
  timestamp?: string;
}

export const kafka: MessagingSystem<KafkaMessage> = {
  name: 'kafka',
  destinationKind: 'topic',
  getter: {
    keys: ({ headers }) => Object.keys(headers ?? {}),
    get: ({ headers }, key) => text(lastOf(ownHeader(headers, key))),
  },
  inject(message, fields) {
    const headers = { ...message.headers };
    for (const [name, value] of fields) headers[name] = value;
    message.headers = headers;
    return true;
  },
  /** What a client cannot send is left as it is, so that its own complaint is heard. */
  canCarry: ({ headers }) => headers === undefined || (isObject(headers) && isSendable(headers, 'traceparent')),
  /** A caller writes strings; a Buffer was read from a consumed record. */
  isForwarded: ({ headers }) => CONTEXT_HEADERS.some(name => Buffer.isBuffer(lastOf(ownHeader(headers, name)))),
  attributes: ({ key, value, offset }, { messageKey, bodySize }) => ({
    kafkaMessageKey: messageKey ? textKey(key) : undefined,
    kafkaMessageTombstone: value === null || undefined,
    kafkaOffset: offset === undefined ? undefined : Number(offset),
    bodySize: bodySize && value != null ? Buffer.byteLength(value) : undefined,
  }),
  sentAt: ({ timestamp, offset }) => (offset !== undefined && Number(timestamp) > 0 ? Number(timestamp) : undefined),
  /** A Kafka record does not say. */
  deliveryCount: () => undefined,
  headers: ({ headers }) => headers,
  deadLetter: ({ headers }) => springDeadLetter(headers) ?? connectDeadLetter(headers),
  /** A partition belongs to one consumer of a group at a time. */
  identity: ({ offset }, { destination: { name, partitionId }, consumerGroup }) =>
    offset === undefined ? undefined : `${consumerGroup ?? ''}\0${name ?? ''}\0${partitionId ?? ''}\0${offset}`,
  seesEveryAttempt: true,
};

/** What a record can have. */
const FIELDS = ['key', 'value', 'partition', 'headers', 'timestamp'] as const;

/** A copy to inject into: the caller's record may be frozen, shared or sent again. */
export function copyRecord<Record extends object>(record: Record): Record & KafkaMessage {
  const copy: Partial<{ [Field in (typeof FIELDS)[number]]: unknown }> = { ...record };
  if (Object.getPrototypeOf(record) === Object.prototype) return copy as Record & KafkaMessage;
  // What a class declares as accessors is no own property.
  for (const field of FIELDS) if (!(field in copy) && field in record) copy[field] = record[field as keyof Record];
  return copy as Record & KafkaMessage;
}

/** The one topic of an operation: with several it has none of them (messaging-spans.md, "Batch"). */
export function kafkaDestination(topics: readonly (string | undefined)[]): Destination {
  const [name, ...others] = new Set(topics);
  return { name: others.length === 0 ? name : undefined };
}

type Headers = KafkaMessage['headers'];
const textHeader = (headers: Headers, name: string) => text(lastOf(headers?.[name]));

/** What Spring for Apache Kafka's DeadLetterPublishingRecoverer writes. */
function springDeadLetter(headers: Headers): DeadLetter | undefined {
  const originalQueue = textHeader(headers, 'kafka_dlt-original-topic');
  if (originalQueue === undefined) return undefined;
  const exception = ['kafka_dlt-exception-cause-fqcn', 'kafka_dlt-exception-fqcn', 'kafka_dlt-exception-message'];
  return { originalQueue, error: joined(exception.map(name => textHeader(headers, name))) };
}

/** What Kafka Connect writes where `errors.deadletterqueue.context.headers.enable` is on. */
function connectDeadLetter(headers: Headers): DeadLetter | undefined {
  const originalQueue = textHeader(headers, '__connect.errors.topic');
  if (originalQueue === undefined) return undefined;
  const exception = ['__connect.errors.exception.class.name', '__connect.errors.exception.message'];
  return { originalQueue, error: joined(exception.map(name => textHeader(headers, name))) };
}

const joined = (parts: (string | undefined)[]) => parts.filter(Boolean).join(': ') || undefined;

/** Of the propagators there are; each writes one of them. */
const CONTEXT_HEADERS = ['traceparent', 'b3', 'x-b3-traceid', 'uber-trace-id', 'x-amzn-trace-id'];

const isSendable = (headers: object, name: string) =>
  !Object.hasOwn(headers, name) ||
  [headers[name as never] as unknown].flat().every(one => typeof one === 'string' || Buffer.isBuffer(one));

function ownHeader(headers: KafkaMessage['headers'], name: string): HeaderValue {
  const key = headers && ownKey(headers, name);
  return key === undefined ? undefined : headers![key];
}

/** Of repeated headers the last one counts, as in OpenTelemetry's Java agent. */
function lastOf(value: HeaderValue): string | Buffer | null | undefined {
  return Array.isArray(value) ? value.at(-1) : value;
}

function text(value: string | Buffer | null | undefined): string | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : undefined;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Only keys that are text: a binary one has no canonical string form. */
function textKey(key: KafkaMessage['key']): string | undefined {
  if (typeof key === 'string' || key == null) return key ?? undefined;
  try {
    return decoder.decode(key);
  } catch {
    return undefined;
  }
}
