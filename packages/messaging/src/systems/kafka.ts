import { isUtf8 } from 'node:buffer';
import { readCount } from '../count';
import { isObject } from '../is-object';
import { hasContextInBytes } from './context-headers';
import { isReplaceable, ownKey, withFields } from './own-key';
import type { DeadLetter, Destination, MessagingSystem, Operation } from '../types';

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
    message.headers = withFields(message.headers, fields);
    return true;
  },
  /** What a client cannot send is left as it is, so that its own complaint is heard. */
  canCarry: ({ headers }) => headers === undefined || (isObject(headers) && isSendableHeader(headers, 'traceparent')),
  isForwarded: ({ headers }) => headers !== undefined && hasContextInBytes(headers),
  attributes: ({ key, value, offset }, { messageKey, bodySize }) => ({
    kafkaMessageKey: messageKey ? textKey(key) : undefined,
    kafkaMessageTombstone: value === null || undefined,
    kafkaOffset: offset === undefined ? undefined : Number(offset),
    bodySize: bodySize && value != null ? Buffer.byteLength(value) : undefined,
  }),
  sentAt: ({ timestamp, offset }) => (offset === undefined ? undefined : epochMs(timestamp)),
  /** A record says so only in a retry topic of Spring's. */
  deliveryCount: ({ headers }) => springAttempts(headers),
  headers: ({ headers }) => headers,
  deadLetter(message, { name }, { isRetryDestination }) {
    const deadLetter =
      springDeadLetter(message, 'kafka_dlt-') ??
      // Its retry topics have the same headers as the one for dead letters behind them.
      (name !== undefined && isRetryDestination(name) ? undefined : springDeadLetter(message, 'kafka_')) ??
      connectDeadLetter(message);
    // One that was sent back to its topic with its headers is no dead letter any more.
    return deadLetter?.originalQueue === name ? undefined : deadLetter;
  },
  pastHeaders: /^(kafka_|__connect\.errors\.|retry_topic-)/i,
  isCopy: (delivered, sent) => delivered.value != null && isSameText(delivered.value, sent.value),
  /** A partition belongs to one consumer of a group at a time. */
  identity: ({ offset }, { destination: { name, partitionId }, consumerGroup }) =>
    offset === undefined ? undefined : kafkaIdentity(consumerGroup, name, partitionId, offset),
  seesEveryAttempt: true,
};

/** Messages of one topic, as a producer is given them. */
interface TopicMessages {
  topic: string;
  messages: readonly object[];
}

/** What is to be sent in one call: each topic with copies of its messages, to inject into. */
export interface KafkaTopics<Topic> {
  topics: Topic[];
  /** Those copies. */
  messages: KafkaMessage[];
  destination: Destination;
  destinationOf(message: KafkaMessage): Destination;
}

/**
 * Topics that are not observed are left as they are. Undefined where nothing is left to tell of, and for what no
 * producer takes: of that the library complains in its own way.
 */
export function copyTopics<Topic extends TopicMessages>(
  given: readonly Topic[] | undefined,
  observes: (topic: string) => boolean,
): KafkaTopics<Topic> | undefined {
  if (!Array.isArray(given) || !given.every(isSendable)) return undefined;
  const copied: Topic[] = [];
  const topics = (given as Topic[]).map(one => {
    const { topic, messages } = one;
    if (!observes(topic)) return one;
    copied.push({ ...one, topic, messages: messages.map(copyRecord) });
    return copied.at(-1)!;
  });
  const messages = (copied.length === 1 ? copied[0].messages : copied.flatMap(one => one.messages)) as KafkaMessage[];
  if (messages.length === 0) return undefined;
  let topicOf: Map<object, string> | undefined;
  return {
    topics,
    messages,
    destination: kafkaDestination(copied.map(({ topic }) => topic)),
    destinationOf(message) {
      topicOf ??= new Map(copied.flatMap(one => one.messages.map(record => [record, one.topic] as const)));
      return { name: topicOf.get(message) };
    },
  };
}

function isSendable(one: { topic?: unknown; messages?: unknown } | null | undefined): boolean {
  return (
    typeof one?.topic === 'string' &&
    Array.isArray(one.messages) &&
    one.messages.every((message: KafkaMessage | undefined) => isObject(message) && message?.value !== undefined)
  );
}

/** What the library reads of a record on its way, inherited or not. What it writes is what a spread of the record has. */
const READ_FIELDS = ['key', 'value', 'partition', 'timestamp'] as const;

/** A copy to inject into: the caller's record may be frozen, shared or sent again. */
function copyRecord<Record extends object>(record: Record): Record & KafkaMessage {
  const copy = { ...record };
  if (Object.getPrototypeOf(record) === Object.prototype) return copy as Record & KafkaMessage;
  // What a class declares as accessors is no own property.
  const read = READ_FIELDS.filter(field => !(field in copy) && field in record);
  const inherited = Object.fromEntries(read.map(field => [field, record[field as keyof Record]]));
  return Object.assign(Object.create(inherited) as object, copy) as Record & KafkaMessage;
}

/** The one topic of an operation: with several it has none of them (messaging-spans.md, "Batch"). */
export function kafkaDestination(topics: readonly (string | undefined)[]): Destination {
  const [name] = topics;
  return { name: topics.every(topic => topic === name) ? name : undefined };
}

/** What is true of all operations of one client, as far as it is known. */
type Known = Pick<Operation<KafkaMessage>, 'clientId' | 'consumerGroup' | 'attributes'>;

/** A handler's work on what was fetched of one partition. */
export function kafkaProcessing(
  topic: string,
  partition: number,
  messages: readonly KafkaMessage[],
  { consumerGroup, clientId, attributes }: Known,
  isBatch = false,
): Operation<KafkaMessage> {
  const destination = { name: topic, partitionId: String(partition) };
  return { name: 'process', destination, messages, isBatch, consumerGroup, clientId, attributes };
}

/** What tells a message, or with less of it a partition, apart from all others that a process has seen. */
export function kafkaIdentity(...parts: (string | number | undefined)[]): string {
  return parts.map(part => part ?? '').join('\0');
}

type Headers = KafkaMessage['headers'];

/** As much of it as may be told. */
const MAX_HEADER_BYTES = 1024;

function textHeader(headers: Headers, name: string): string | undefined {
  const value = lastOf(headers?.[name]);
  return text(typeof value === 'string' || Buffer.isBuffer(value) ? value.slice(0, MAX_HEADER_BYTES) : undefined);
}

/** What Spring for Apache Kafka writes: its DeadLetterPublishingRecoverer, or its retry topics. */
function springDeadLetter(
  { headers, timestamp }: KafkaMessage,
  prefix: 'kafka_dlt-' | 'kafka_',
): DeadLetter | undefined {
  const originalQueue = textHeader(headers, `${prefix}original-topic`);
  if (originalQueue === undefined) return undefined;
  const exception = ['exception-cause-fqcn', 'exception-fqcn', 'exception-message'];
  const attempts = springAttempts(headers);
  return {
    originalQueue,
    error: joined(exception.map(name => textHeader(headers, prefix + name))),
    retryCount: attempts && attempts - 1,
    deadLetteredAtMs: epochMs(timestamp),
  };
}

/** What its retry topics write: the number of this delivery, as one byte or four. */
function springAttempts(headers: Headers): number | undefined {
  const value = lastOf(headers?.['retry_topic-attempts']);
  if (!Buffer.isBuffer(value) || (value.length !== 1 && value.length !== 4)) return undefined;
  return readCount(value.readUIntBE(0, value.length));
}

/** What Kafka Connect writes where `errors.deadletterqueue.context.headers.enable` is on. */
function connectDeadLetter({ headers, timestamp }: KafkaMessage): DeadLetter | undefined {
  const originalQueue = textHeader(headers, '__connect.errors.topic');
  if (originalQueue === undefined) return undefined;
  const exception = ['__connect.errors.exception.class.name', '__connect.errors.exception.message'];
  return {
    originalQueue,
    error: joined(exception.map(name => textHeader(headers, name))),
    deadLetteredAtMs: epochMs(timestamp),
  };
}

function epochMs(timestamp: string | undefined): number | undefined {
  const ms = Number(timestamp);
  return ms > 0 ? ms : undefined;
}

function isSameText(one: string | Buffer, other: string | Buffer | null | undefined): boolean {
  return one === other || (Buffer.isBuffer(one) && Buffer.isBuffer(other) && one.equals(other));
}

const joined = (parts: (string | undefined)[]) => parts.filter(Boolean).join(': ') || undefined;

function isSendableHeader(headers: object, name: string): boolean {
  if (!Object.hasOwn(headers, name)) return true;
  const values = [headers[name as never] as unknown].flat();
  return values.length > 0 && values.every(isReplaceable);
}

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

/** Only keys that are text: a binary one has no canonical string form. */
function textKey(key: KafkaMessage['key']): string | undefined {
  if (typeof key === 'string' || key == null) return key ?? undefined;
  return isUtf8(key) && !key.some(isControl) ? key.toString() : undefined;
}

/** In numbers and in what schemas encode, not in text; but for white space. */
const isControl = (byte: number) => byte < 0x20 && (byte < 0x09 || byte > 0x0d);
