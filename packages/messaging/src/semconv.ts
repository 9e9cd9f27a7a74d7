import type { Attributes, AttributeValue } from '@opentelemetry/api';

/** The vocabularies that can be emitted; `legacy` is what instrumentations emitted before 1.17. */
export const VOCABULARIES = ['1.44', '1.45', 'legacy'] as const;
export type Vocabulary = (typeof VOCABULARIES)[number];

export type Names = readonly [v144: string | null, v145: string | null, legacy: string | null];

const same = (name: string, legacy: string | null = null): Names => [name, name, legacy];
const own = (name: string) => [name, name, name] as const;

/**
 * The one table of names: an attribute a row, a vocabulary a column; null where a vocabulary has no such attribute.
 * Sources: semantic-conventions 1.44.0 docs/messaging, the renames of 1.45.0, and 1.16 for `legacy`.
 */
export const ATTRIBUTE_NAMES = {
  system: ['messaging.system', 'messaging.system.name', 'messaging.system'],
  operationName: same('messaging.operation.name'),
  operationType: same('messaging.operation.type', 'messaging.operation'),
  destinationName: same('messaging.destination.name', 'messaging.destination'),
  destinationTemplate: same('messaging.destination.template'),
  destinationKind: [null, null, 'messaging.destination_kind'],
  destinationTemporary: same('messaging.destination.temporary', 'messaging.temp_destination'),
  destinationAnonymous: same('messaging.destination.anonymous'),
  destinationPartitionId: same('messaging.destination.partition.id', 'messaging.kafka.partition'),
  consumerGroupName: same('messaging.consumer.group.name', 'messaging.kafka.consumer_group'),
  clientId: same('messaging.client.id', 'messaging.kafka.client_id'),
  batchMessageCount: same('messaging.batch.message_count', 'messaging.batch_size'),
  messageId: same('messaging.message.id', 'messaging.message_id'),
  conversationId: same('messaging.message.conversation_id', 'messaging.conversation_id'),
  bodySize: same('messaging.message.body.size', 'messaging.message_payload_size_bytes'),
  url: [null, null, 'messaging.url'],
  serverAddress: same('server.address', 'server.address'),
  serverPort: same('server.port', 'server.port'),
  errorType: same('error.type', 'error.type'),
  kafkaMessageKey: ['messaging.kafka.message.key', 'kafka.message.key', 'messaging.kafka.message_key'],
  kafkaMessageTombstone: ['messaging.kafka.message.tombstone', 'kafka.message.tombstone', 'messaging.kafka.tombstone'],
  kafkaClusterId: ['messaging.kafka.cluster.id', 'kafka.cluster.id', null],
  kafkaOffset: ['messaging.kafka.offset', 'kafka.offset', 'messaging.kafka.offset'],
  rabbitmqRoutingKey: [
    'messaging.rabbitmq.destination.routing_key',
    'rabbitmq.destination.routing_key',
    'messaging.rabbitmq.routing_key',
  ],
  rabbitmqDeliveryTag: ['messaging.rabbitmq.message.delivery_tag', 'rabbitmq.message.delivery_tag', null],
  sqsQueueUrl: same('aws.sqs.queue.url', 'messaging.url'),
  snsTopicArn: same('aws.sns.topic.arn', 'messaging.url'),
  awsRequestId: same('aws.request_id', 'aws.request_id'),
  cloudRegion: same('cloud.region', 'cloud.region'),
  // What the conventions have no name for.
  queueTimeMs: own('messaging.queue_time_ms'),
  deliveryCount: own('messaging.delivery_count'),
  batchDroppedLinkCount: own('messaging.batch.dropped_link_count'),
  rabbitmqVirtualHost: own('messaging.rabbitmq.vhost'),
  rabbitmqReplyTo: own('messaging.rabbitmq.reply_to'),
  rabbitmqDeliveryMode: own('messaging.rabbitmq.delivery_mode'),
  rabbitmqRedelivered: own('messaging.rabbitmq.redelivered'),
  rabbitmqSettlement: own('messaging.rabbitmq.settlement'),
  rabbitmqRequeue: own('messaging.rabbitmq.requeue'),
  rabbitmqBackPressure: own('messaging.rabbitmq.back_pressure'),
  batchEntryId: own('messaging.batch.entry_id'),
  retryCount: own('messaging.client.retry_count'),
  sqsMessageGroupId: own('messaging.aws_sqs.message_group_id'),
  sqsMessageDeduplicationId: own('messaging.aws_sqs.message_deduplication_id'),
  sqsVisibilityTimeout: own('messaging.aws_sqs.visibility_timeout'),
  kafkaConsumerLag: own('messaging.kafka.consumer.lag'),
  kafkaTransactionOutcome: own('messaging.kafka.transaction.outcome'),
  clientEvent: own('messaging.client.event'),
  memory: own('messaging.client.memory'),
  linkType: own('link.type'),
  dlqOriginalQueue: own('dlq.original_queue'),
  dlqRetryCount: own('dlq.retry_count'),
  dlqError: own('dlq.error'),
  dlqTimestamp: own('dlq.timestamp'),
  dlqAction: own('dlq.action'),
} satisfies Record<string, Names>;

export type AttributeKey = keyof typeof ATTRIBUTE_NAMES;

/** Attributes by what they mean; what they are called is decided by the vocabulary. */
export type MessagingAttributes = { [Key in AttributeKey]?: AttributeValue };

/** In characters. Longer values are cut, so that a message can't make a span as big as itself. */
export const MAX_VALUE_LENGTH = 1024;

/** The prefix of captured headers (`headersIncluded`). */
export const HEADER_PREFIX = 'messaging.header.';

/** What was written as `key`, in whichever vocabulary. */
export function readAttribute(key: AttributeKey, attributes: Attributes = {}): AttributeValue | undefined {
  for (const name of ATTRIBUTE_NAMES[key]) {
    const value = name === null ? undefined : attributes[name];
    if (value !== undefined) return value;
  }
  return undefined;
}

export type Convert = (value: AttributeValue) => AttributeValue;

/** Values that a vocabulary spells differently. */
export const CONVERSIONS: Record<Vocabulary, { [Key in AttributeKey]?: Convert }> = {
  '1.44': {},
  '1.45': { system: value => (value === 'aws_sqs' ? 'aws.sqs' : value) },
  legacy: { destinationPartitionId: Number },
};

export interface MetricName {
  name: string;
  unit: string;
  description: string;
  vocabularies: readonly Vocabulary[];
  /** Advised boundaries: then it is a histogram. */
  buckets?: number[];
  /** A sum that also goes down. */
  isUpDown?: boolean;
  /** A value that is asked for when metrics are collected. */
  isObserved?: boolean;
}

const CURRENT = ['1.44', '1.45'] as const;
/** The advice of the conventions for both duration histograms (messaging-metrics.md), in seconds. */
const DURATION_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** From 1 ms to 1 h: a queue's time spreads wider than a request's. */
const QUEUE_TIME_BUCKETS_MS = [
  1, 2, 5, 10, 25, 50, 100, 250, 500, 1e3, 2.5e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5, 18e5, 36e5,
];

export const METRICS = {
  operationDuration: {
    name: 'messaging.client.operation.duration',
    unit: 's',
    description: 'Duration of a messaging operation initiated by a producer or consumer client.',
    vocabularies: CURRENT,
    buckets: DURATION_BUCKETS_S,
  },
  processDuration: {
    name: 'messaging.process.duration',
    unit: 's',
    description: 'Duration of processing operation.',
    vocabularies: CURRENT,
    buckets: DURATION_BUCKETS_S,
  },
  sentMessages: {
    name: 'messaging.client.sent.messages',
    unit: '{message}',
    description: 'Number of messages producer attempted to send to the broker.',
    vocabularies: CURRENT,
  },
  consumedMessages: {
    name: 'messaging.client.consumed.messages',
    unit: '{message}',
    description: 'Number of messages that were delivered to the application.',
    vocabularies: CURRENT,
  },
  queueTime: {
    name: 'messaging.queue_time',
    unit: 'ms',
    description: 'Time between the sending of a message and its first delivery.',
    vocabularies: VOCABULARIES,
    buckets: QUEUE_TIME_BUCKETS_MS,
  },
  skewedQueueTimes: {
    name: 'messaging.queue_time.skewed',
    unit: '{message}',
    description: 'Queue times below 0 or above 7 days, left out of the others: clocks that differ.',
    vocabularies: VOCABULARIES,
  },
  inFlightMessages: {
    name: 'messaging.client.inflight.messages',
    unit: '{message}',
    description: 'Messages being processed: delivered, and not yet handled and settled.',
    vocabularies: VOCABULARIES,
    isUpDown: true,
  },
  redeliveredMessages: {
    name: 'messaging.client.redelivered.messages',
    unit: '{message}',
    description: 'Deliveries that are known not to be the first of their message.',
    vocabularies: VOCABULARIES,
  },
  deadLetteredMessages: {
    name: 'messaging.client.dead_lettered.messages',
    unit: '{message}',
    description:
      'Dead letters: sent to where they go, refused so that the broker moves them there, or first processed there, by operation.',
    vocabularies: VOCABULARIES,
  },
  consumerLag: {
    name: 'messaging.kafka.consumer.lag',
    unit: '{message}',
    description: 'Messages of a partition that a consumer has been assigned and has not handled.',
    vocabularies: VOCABULARIES,
    isObserved: true,
  },
  clientEvents: {
    name: 'messaging.client.events',
    unit: '{event}',
    description:
      'What happened to a client: crash, rebalance, group_join, disconnect, request_timeout; back_pressure, blocked, unblocked.',
    vocabularies: VOCABULARIES,
  },
  droppedMemories: {
    name: 'messaging.client.memory.dropped',
    unit: '{entry}',
    description:
      'Entries dropped from what is remembered across deliveries, as too many or older than a day: attempts, requests, received_messages.',
    vocabularies: VOCABULARIES,
  },
  legacyMessages: {
    name: 'messaging.messages',
    unit: '{message}',
    description: 'Number of messages sent, received and processed.',
    vocabularies: ['legacy'],
  },
  legacyProcessingTime: {
    name: 'messaging.processing_time',
    unit: 'ms',
    description: 'Duration of processing operation.',
    vocabularies: ['legacy'],
    buckets: QUEUE_TIME_BUCKETS_MS,
  },
} satisfies Record<string, MetricName>;

export type MetricKey = keyof typeof METRICS;

/** The values of `messaging.operation` on the counter `messaging.messages` (vocabulary `legacy`). */
export const LEGACY_MESSAGE_OPERATION: Readonly<Record<string, string | undefined>> = {
  send: 'sent',
  receive: 'received',
  process: 'processed',
};

/** Span events that the conventions have no name for. */
export const EVENT_NAMES = {
  recordsAppended: 'messaging.kafka.records_appended',
  entryFailed: 'messaging.batch.entry_failed',
  entrySent: 'messaging.batch.entry_sent',
  visibilityExtended: 'messaging.aws_sqs.visibility_extended',
} as const;

export type EventKey = keyof typeof EVENT_NAMES;

/** The event name of an exception that is told as a log record (messaging-exceptions.md). */
export const exceptionEventName = (type: string) => `messaging.${type}.exception`;
