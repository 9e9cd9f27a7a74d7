import * as assert from 'node:assert/strict';
import {
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  ROOT_CONTEXT,
  type Attributes,
  type Link,
} from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { conventionErrors, metricErrors, telemetry } from '@queuetrace/test-utils';

interface Shape {
  name: string;
  kind: SpanKind;
  attributes: Attributes;
  status?: SpanStatusCode;
  links?: Link[];
}

/** A real span of the SDK, under a scope that the root hooks do not look at. */
function ended({ name, kind, attributes, status, links }: Shape, parent = ROOT_CONTEXT): ReadableSpan {
  const span = telemetry.tracerProvider.getTracer('test').startSpan(name, { kind, attributes, links }, parent);
  if (status !== undefined) span.setStatus({ code: status });
  span.end();
  return telemetry.spans().at(-1) as ReadableSpan;
}

const kafkaSend: Shape = {
  name: 'send orders',
  kind: SpanKind.PRODUCER,
  attributes: {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': 'orders',
    'messaging.destination.partition.id': '0',
    'messaging.kafka.message.key': 'k',
    'messaging.kafka.offset': 12,
    'server.address': 'localhost',
    'server.port': 9092,
  },
};

const rabbitmqConsume: Shape = {
  name: 'consume shop:new:orders',
  kind: SpanKind.CONSUMER,
  attributes: {
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': 'consume',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'shop:new:orders',
    'messaging.rabbitmq.destination.routing_key': 'new',
    'messaging.rabbitmq.message.delivery_tag': 1,
    'messaging.rabbitmq.settlement': 'ack',
    'messaging.queue_time_ms': 3,
    'messaging.header.tenant': ['a'],
  },
};

const sqsReceive: Shape = {
  name: 'receive orders',
  kind: SpanKind.CLIENT,
  attributes: {
    'messaging.system': 'aws_sqs',
    'messaging.operation.name': 'receive',
    'messaging.operation.type': 'receive',
    'messaging.destination.name': 'orders',
    'messaging.batch.message_count': 2,
    'aws.sqs.queue.url': 'http://localhost/000000000000/orders',
  },
};

const sqsSettle145: Shape = {
  name: 'delete orders',
  kind: SpanKind.CLIENT,
  attributes: {
    'messaging.system.name': 'aws.sqs',
    'messaging.operation.name': 'delete',
    'messaging.operation.type': 'settle',
    'messaging.destination.name': 'orders',
  },
};

const legacy: Shape = {
  name: 'send orders',
  kind: SpanKind.PRODUCER,
  attributes: {
    'messaging.system': 'kafka',
    'messaging.operation': 'send',
    'messaging.destination': 'orders',
    'messaging.destination_kind': 'topic',
    'messaging.kafka.partition': 0,
    'messaging.batch_size': 1,
  },
};

const both = { ...kafkaSend, attributes: { ...legacy.attributes, ...kafkaSend.attributes } };

const without = (shape: Shape, name: string): Shape => ({
  ...shape,
  attributes: { ...shape.attributes, [name]: undefined },
});
const withAttributes = (shape: Shape, attributes: Attributes): Shape => ({
  ...shape,
  attributes: { ...shape.attributes, ...attributes },
});

describe('span conventions', () => {
  const right: Record<string, Shape> = {
    'a Kafka send': kafkaSend,
    'a Kafka send whose context is not the message’s': { ...kafkaSend, kind: SpanKind.CLIENT },
    'a RabbitMQ process': rabbitmqConsume,
    'an SQS receive': sqsReceive,
    'an SQS settle in the names of 1.45': sqsSettle145,
    'legacy names': legacy,
    'legacy names beside those of 1.44': both,
    'a failure': withAttributes({ ...kafkaSend, status: SpanStatusCode.ERROR }, { 'error.type': 'KafkaJSError' }),
    'a generated destination': {
      ...withAttributes(rabbitmqConsume, { 'messaging.destination.name': 'amq.gen-abc' }),
      name: 'consume',
    },
    'a temporary destination': {
      ...withAttributes(rabbitmqConsume, { 'messaging.destination.temporary': true }),
      name: 'consume',
    },
    'no destination': { ...without(kafkaSend, 'messaging.destination.name'), name: 'send' },
    'a span that is none of messaging': { name: 'transaction', kind: SpanKind.INTERNAL, attributes: { 'app.id': 1 } },
  };

  for (const [title, shape] of Object.entries(right)) {
    it(`accepts ${title}`, () => assert.deepEqual(conventionErrors(ended(shape)), []));
  }

  const wrong: Record<string, [Shape, RegExp]> = {
    'another name': [{ ...kafkaSend, name: 'orders send' }, /span name must be "send orders"/],
    'a generated destination in the name': [
      { ...withAttributes(rabbitmqConsume, { 'messaging.destination.anonymous': true }) },
      /span name must be "consume"/,
    ],
    'a wrong kind': [{ ...sqsReceive, kind: SpanKind.CONSUMER }, /kind of a receive span must be CLIENT/],
    'a string offset': [withAttributes(kafkaSend, { 'messaging.kafka.offset': '12' }), /offset must be of type int/],
    'no operation type': [without(kafkaSend, 'messaging.operation.type'), /operation.type must be a known type/],
    'no operation name': [without(kafkaSend, 'messaging.operation.name'), /operation.name is missing/],
    'no destination where the system requires one': [
      { ...without(rabbitmqConsume, 'messaging.destination.name'), name: 'consume' },
      /destination.name is missing/,
    ],
    'no consumer group on a Kafka process span': [
      { name: 'process orders', kind: SpanKind.CONSUMER, attributes: { ...processOf(kafkaSend) } },
      /consumer.group.name is missing/,
    ],
    'status OK': [{ ...kafkaSend, status: SpanStatusCode.OK }, /status OK/],
    'status ERROR without error.type': [{ ...kafkaSend, status: SpanStatusCode.ERROR }, /without error.type/],
    'error.type without status ERROR': [withAttributes(kafkaSend, { 'error.type': 'x' }), /without status ERROR/],
    'an unknown attribute': [withAttributes(kafkaSend, { 'messaging.made.up': 1 }), /unknown attribute messaging.made/],
    'an unknown word about dead letters': [withAttributes(kafkaSend, { 'dlq.made_up': 1 }), /unknown attribute dlq/],
    'an unknown action on dead letters': [withAttributes(kafkaSend, { 'dlq.action': 'drop' }), /unknown dlq.action/],
    'a name of 1.45 in 1.44': [withAttributes(kafkaSend, { 'kafka.offset': 1 }), /unknown attribute kafka.offset/],
    'a name of 1.44 in 1.45': [
      withAttributes(sqsSettle145, { 'messaging.kafka.offset': 1 }),
      /unknown attribute messaging.kafka.offset/,
    ],
    'an attribute of another system': [
      withAttributes(sqsReceive, { 'messaging.kafka.offset': 1 }),
      /does not belong to a aws_sqs span/,
    ],
    'a flag that is false': [
      withAttributes(rabbitmqConsume, { 'messaging.destination.temporary': false }),
      /only set when it is true/,
    ],
    'an empty routing key': [
      withAttributes(rabbitmqConsume, { 'messaging.rabbitmq.destination.routing_key': '' }),
      /routing_key is empty/,
    ],
    'a system that is not the one of its span': [
      withAttributes(kafkaSend, { 'messaging.system': 'sqs' }),
      /messaging.system must be a known system/,
    ],
    'the system value of 1.44 under the name of 1.45': [
      withAttributes(sqsSettle145, { 'messaging.system.name': 'aws_sqs' }),
      /must be aws.sqs/,
    ],
    'an unknown attribute on a span that is none of messaging': [
      { name: 'transaction', kind: SpanKind.INTERNAL, attributes: { 'kafka.txn': 1 } },
      /unknown attribute kafka.txn/,
    ],
  };

  for (const [title, [shape, message]] of Object.entries(wrong)) {
    it(`rejects ${title}`, () => assert.match(conventionErrors(ended(shape)).join('\n'), message));
  }

  it('takes a vocabulary at its word', () => {
    assert.match(conventionErrors(ended(kafkaSend), '1.45').join('\n'), /messaging.system.name must be a known system/);
    assert.match(conventionErrors(ended(both), '1.44').join('\n'), /unknown attribute messaging.destination_kind/);
    assert.match(conventionErrors(ended(kafkaSend), 'legacy').join('\n'), /unknown attribute messaging.operation.name/);
  });

  it('asks for a link to a remote parent', () => {
    const remote = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.SAMPLED, isRemote: true };
    const parent = trace.setSpanContext(ROOT_CONTEXT, remote);
    assert.match(conventionErrors(ended(rabbitmqConsume, parent)).join('\n'), /remote parent[^]*not linked/);
    const links = [{ context: remote, attributes: { 'link.type': 'creation' } }];
    assert.deepEqual(conventionErrors(ended({ ...rabbitmqConsume, links }, parent)), []);
  });

  it('looks at links', () => {
    const context = ended(kafkaSend).spanContext();
    const links = [
      { context, attributes: { 'link.type': 'whatever' } },
      { context, attributes: { 'messaging.kafka.offset': '1' } },
    ];
    assert.deepEqual(conventionErrors(ended({ ...kafkaSend, links })), [
      'link: unknown link.type whatever',
      'link: messaging.kafka.offset must be of type int, is "1"',
    ]);
  });
});

function processOf({ attributes }: Shape): Attributes {
  return { ...attributes, 'messaging.operation.name': 'process', 'messaging.operation.type': 'process' };
}

describe('metric conventions', () => {
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.destination.name': 'a',
  };
  const sent = { unit: '{message}', type: 'counter', attributes };
  const name = 'messaging.client.sent.messages';

  it('accepts metrics of the conventions and our own', () => {
    assert.deepEqual(metricErrors(name, sent), []);
    assert.deepEqual(metricErrors('messaging.queue_time', { ...sent, unit: 'ms', type: 'histogram' }), []);
    assert.deepEqual(metricErrors('nodejs.eventloop.delay', { unit: 's', type: 'gauge', attributes: {} }), []);
    const overflow = { ...sent, attributes: { 'otel.metric.overflow': true } };
    assert.deepEqual(metricErrors(name, overflow), []);
  });

  const wrong: Record<string, [string, Parameters<typeof metricErrors>[1], RegExp]> = {
    'another unit': [name, { ...sent, unit: '1' }, /unit must be {message}/],
    'another instrument': [name, { ...sent, type: 'histogram' }, /must be a counter/],
    'a missing attribute': [
      name,
      { ...sent, attributes: { 'messaging.system': 'kafka' } },
      /messaging.operation.name is missing/,
    ],
    'a message id': [name, { ...sent, attributes: { ...attributes, 'messaging.message.id': '1' } }, /too many values/],
    'a generated destination': [
      name,
      { ...sent, attributes: { ...attributes, 'messaging.destination.name': 'x:amq.gen-1' } },
      /generated name/,
    ],
    'an operation type that the metric does not count': [
      name,
      { ...sent, attributes: { ...attributes, 'messaging.operation.type': 'process' } },
      /operation.type must be send/,
    ],
    'other buckets than advised': [
      'messaging.process.duration',
      { ...sent, unit: 's', type: 'histogram', boundaries: [1, 2] },
      /bucket boundaries/,
    ],
    'an unknown metric': ['messaging.made_up', sent, /unknown metric/],
  };

  for (const [title, [metric, point, message]] of Object.entries(wrong)) {
    it(`rejects ${title}`, () => assert.match(metricErrors(metric, point).join('\n'), message));
  }
});
