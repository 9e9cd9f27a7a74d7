import { context } from '@opentelemetry/api';
import { activeOperation } from '../operation-context';
import { readCount } from '../count';
import { hiddenField } from '../hidden-field';
import { hasContextInBytes } from './context-headers';
import { coverFields, isReplaceable, ownKey } from './own-key';
import { learnFromDeadLetter, learnReturn } from './rabbitmq-dead-letters';
import { deadLetterFrom, failedDeaths, firstDeathQueue, hasReturned, lastDeathAt } from './x-death';
import type { Destination, MessagingSystem } from '../types';

/** A delivered or published AMQP 0-9-1 message, flattened. */
export interface RabbitMqMessage {
  routingKey?: string;
  headers?: Record<string, unknown>;
  deliveryTag?: number;
  redelivered?: boolean;
  messageId?: string;
  correlationId?: string;
  replyTo?: string;
  /** 1: transient, 2: persistent; undefined where the publisher has not said it. */
  deliveryMode?: number;
  /** The `timestamp` property: epoch seconds. */
  timestamp?: number;
  bodySize: number;
  /** Where it was delivered from; unknown for a message that is published. */
  queue?: string;
  /** What is sent besides the headers of a message that is published, and in their place; undefined takes one out. */
  added?: Record<string, unknown>;
}

/** AMQP has no time stamp of the broker's: this header keeps epoch milliseconds. */
export const SENT_AT_HEADER = 'x-queuetrace-sent-at';

const MAX_CONTEXTS = 1000;

/**
 * The latest values, at least so many. They are put in order only when somebody looks for one: most apps never send on
 * what they were delivered, and a Set that each delivery goes through is a microsecond.
 */
class LatestValues {
  // In two generations: to delete the oldest of a Set costs more with each time.
  private _young = new Set<string>();
  private _old = new Set<string>();
  private _added: string[] = [];

  constructor(private readonly _atLeast: number) {}

  has(value: string): boolean {
    for (const one of this._added) this._put(one);
    this._added.length = 0;
    return this._young.has(value) || this._old.has(value);
  }

  add(value: string): void {
    if (this._added.push(value) >= 2 * this._atLeast) this._added = this._added.slice(-this._atLeast);
  }

  private _put(value: string): void {
    this._young.add(value);
    if (this._young.size < this._atLeast) return;
    this._old = this._young;
    this._young = new Set();
  }
}

const deliveredHeaders = hiddenField<true>();
/** Values of `traceparent` that were read from deliveries. */
const deliveredContexts = new LatestValues(MAX_CONTEXTS);
/** Values that the app has put into messages by itself: they stay its own, also where it consumes them again. */
const chosenContexts = new LatestValues(MAX_CONTEXTS);

/** To be told of each delivery, so that headers that are sent on are known again. Our own time stamp tells by itself. */
export function rabbitmqDelivered({ headers }: RabbitMqMessage): void {
  if (!headers || SENT_AT_HEADER in headers) return;
  const { traceparent } = headers;
  if (typeof traceparent === 'string') deliveredContexts.add(traceparent);
  else deliveredHeaders.set(headers, true);
}

function isForwarded({ headers }: RabbitMqMessage): boolean {
  if (!headers) return false;
  // Bytes come from elsewhere: a record of Kafka that is sent on, headers and all.
  if (deliveredHeaders.has(headers) || SENT_AT_HEADER in headers || hasContextInBytes(headers)) return true;
  const { traceparent } = headers;
  if (typeof traceparent !== 'string') return false;
  if (chosenContexts.has(traceparent)) return false;
  if (deliveredContexts.has(traceparent)) return true;
  chosenContexts.add(traceparent);
  return false;
}

export const rabbitmq: MessagingSystem<RabbitMqMessage> = {
  name: 'rabbitmq',
  destinationKind: 'queue',
  getter: {
    keys: ({ headers, added }) => Object.keys({ ...headers, ...added }),
    get({ headers, added }, key) {
      const value = added && key in added ? added[key] : headerOf(headers, key);
      return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : undefined;
    },
  },
  inject(message, fields) {
    const { headers } = message;
    const added = (message.added ??= {});
    coverFields(headers, fields, added);
    // Consumers in other languages fail on bytes: Pika's do not even get the message.
    if (Buffer.isBuffer(headers?.baggage)) added.baggage ??= headers.baggage.toString();
    return true;
  },
  /** What the caller has put in its place and is no text, or too much, is left as it is, so that the client's own complaint is heard. */
  canCarry({ headers }) {
    const written = headerOf(headers, 'traceparent');
    return written == null || isReplaceable(written);
  },
  /** As read from a delivery: its very headers, our time stamp of an earlier send, or its trace context. */
  isForwarded,
  stamp(message, epochMs) {
    message.added = { [SENT_AT_HEADER]: epochMs };
  },
  attributes: (message, { bodySize }) => ({
    rabbitmqRoutingKey: message.routingKey || undefined,
    rabbitmqDeliveryTag: message.deliveryTag,
    rabbitmqRedelivered: message.redelivered || undefined,
    messageId: message.messageId,
    conversationId: message.correlationId,
    rabbitmqReplyTo: message.replyTo && replyAddress(message.replyTo),
    rabbitmqDeliveryMode: message.deliveryMode,
    bodySize: bodySize ? message.bodySize : undefined,
  }),
  sentAt({ headers, timestamp, redelivered, queue }) {
    if (redelivered) return undefined;
    const stamp = headers?.[SENT_AT_HEADER];
    const sentAt = typeof stamp === 'number' ? stamp : typeof timestamp === 'number' ? timestamp * 1000 : undefined;
    if (!headers?.['x-death']) return Number.isNaN(sentAt) ? undefined : sentAt;
    // What was published after it had died, with the headers that it had then, waits since that.
    const diedAt = lastDeathAt(headers);
    if (diedAt !== undefined && sentAt !== undefined && sentAt >= diedAt + 1000) return sentAt;
    // A dead letter waits here since it died; one that has come back to the queue it died in is not delivered first.
    return deadLetterFrom(headers, queue)?.deadLetteredAtMs;
  },
  /** A classic queue says only that a message was delivered before, not how often. */
  deliveryCount({ headers, redelivered, queue }) {
    if (redelivered) return headers?.['x-death'] ? undefined : deliveriesOfQuorum(headers);
    if (!headers?.['x-death']) return 1;
    // One that has died elsewhere on its way may have been delivered there, whatever this queue says.
    const failures = queue === undefined ? 0 : failedDeaths(headers, queue);
    return failures > 0 ? failures + 1 : undefined;
  },
  failures: ({ headers, redelivered }) =>
    failedDeaths(headers) + (redelivered ? (deliveriesOfQuorum(headers) ?? 1) - 1 : 0),
  headers: ({ headers }) => headers,
  isRedelivered: ({ redelivered }) => redelivered === true,
  pastHeaders: /^(x-death|x-first-death-|x-last-death-|x-delivery-count|x-acquired-count)/i,
  mayHavePast: ({ headers, redelivered }) => redelivered === true || Boolean(headers?.['x-death']),
  deadLetter({ headers, queue }, _destination, { isDeadLetterDestination, isRetryDestination }) {
    // What has expired and comes to any other queue has waited on purpose.
    const isHere = queue !== undefined && isDeadLetterDestination(queue);
    const deadLetter = deadLetterFrom(headers, queue, name => !isHere || isRetryDestination(name));
    if (deadLetter) learnFromDeadLetter(deadLetter, queue);
    else if (queue !== undefined && hasReturned(headers, queue)) learnReturn(queue);
    return deadLetter;
  },
  queueOf: ({ queue }) => queue,
  isCopy: (delivered, sent) => sent.messageId !== undefined && sent.messageId === delivered.messageId,
  /** By the queue it was first refused in, so that a dead letter is still the message that failed there. */
  identity({ headers, messageId, queue }, _operation, creationId) {
    if (messageId === undefined && creationId === undefined) return undefined;
    return [firstDeathQueue(headers) ?? queue, messageId, creationId].join('\0');
  },
};

/** A quorum queue counts them from the second one on. */
function deliveriesOfQuorum(headers: RabbitMqMessage['headers']): number | undefined {
  const earlier = readCount(headers?.['x-delivery-count']);
  return earlier && earlier + 1;
}

/** By name as written, else without regard to case: other languages write `X-B3-TraceId`. */
function headerOf(headers: RabbitMqMessage['headers'], name: string): unknown {
  const key = headers ? ownKey(headers, name) : undefined;
  return key === undefined ? undefined : headers![key];
}

/** Names that RabbitMQ makes for queues that were declared without one, and the pseudo-queue of direct reply-to. */
const GENERATED = /^amq\.(gen-|rabbitmq\.reply-to)/;

/** The pseudo-queue whose replies come only to the channel of the request. */
const DIRECT_REPLY_TO = 'amq.rabbitmq.reply-to';

/** Whoever knows the address that the broker makes for a direct reply can send to it. */
const replyAddress = (replyTo: string) => (replyTo.startsWith(DIRECT_REPLY_TO) ? DIRECT_REPLY_TO : replyTo);

/** What a request and its reply have in common: where the reply goes to and the correlation id. */
export function rabbitmqReplyKey(
  queue: string | undefined,
  correlationId: string | undefined,
  channelId: number,
): string | undefined {
  if (!queue || correlationId === undefined) return undefined;
  return [queue === DIRECT_REPLY_TO ? channelId : '', queue, correlationId].join('\0');
}

/** Made once for each that an app uses; beyond the cap, each time anew. */
const destinations = new Map<string, Destination>();
const MAX_DESTINATIONS = 1000;

/** The one that was asked for last: the next message tends to go, or to come, the same way. */
let latest: { exchange: string; routingKey: string; queue: string; destination: Destination } | undefined;

/** `exchange:routing key:queue` without empty and repeated parts (semantic-conventions, rabbitmq.md). */
export function rabbitmqDestination(exchange = '', routingKey = '', queue = ''): Destination {
  if (latest?.routingKey === routingKey && latest.exchange === exchange && latest.queue === queue)
    return latest.destination;
  const key = `${exchange}\0${routingKey}\0${queue}`;
  const destination = destinations.get(key) ?? makeDestination(exchange, routingKey, queue === routingKey ? '' : queue);
  if (destinations.size < MAX_DESTINATIONS) destinations.set(key, destination);
  latest = { exchange, routingKey, queue, destination };
  return destination;
}

function makeDestination(exchange: string, routingKey: string, queue: string): Destination {
  const isAnonymous = [routingKey, queue].some(part => GENERATED.test(part)) || undefined;
  const isTemporary = [routingKey, queue].some(isMadeForOne) || undefined;
  const name = nameOf(exchange, routingKey, queue) || 'amq.default';
  if (!isTemporary || !exchange) return { name, isTemporary, isAnonymous };
  const placeholders = [
    isMadeForOne(routingKey) ? '{routing_key}' : routingKey,
    isMadeForOne(queue) ? '{queue}' : queue,
  ];
  return { name, template: nameOf(exchange, ...placeholders), isTemporary, isAnonymous };
}

const nameOf = (...parts: string[]) => parts.filter(Boolean).join(':');

/** Queues of one connection, which are gone with it. */
const exclusiveQueues = new LatestValues(MAX_DESTINATIONS);
const isMadeForOne = (queue: string) => GENERATED.test(queue) || exclusiveQueues.has(queue);

/** Of a queue that was declared in this process. */
export function learnExclusiveQueue(queue: string): void {
  if (GENERATED.test(queue) || exclusiveQueues.has(queue)) return;
  exclusiveQueues.add(queue);
  destinations.clear();
  latest = undefined;
}

/** Where a publish goes to. A reply goes to whoever asked: each may have a queue of their own. */
export function rabbitmqPublishDestination(exchange: string, routingKey: string): Destination {
  const destination = rabbitmqDestination(exchange, routingKey);
  if (exchange || destination.isTemporary) return destination;
  const source = activeOperation(context.active());
  if (source?.type !== 'process' || source.operation.isBatch) return destination;
  const [message] = source.operation.messages as readonly RabbitMqMessage[];
  return message?.replyTo === routingKey ? { ...destination, isTemporary: true } : destination;
}
