import { hostileValues, telemetry } from '@queuetrace/test-utils';
import assert from 'node:assert/strict';
import { resolveConfig } from '../src/config';
import { STORY_FIELD } from '../src/told-story';
import { MessagingTelemetry } from '../src/telemetry';
import type { MessagingSystem } from '../src/types';
import { sqs, type SqsMessage } from '../src/systems/aws-sqs';
import { kafka, type KafkaMessage } from '../src/systems/kafka';
import { rabbitmq, type RabbitMqMessage } from '../src/systems/rabbitmq';
import { sqsMessageWith } from './sqs-message';

const TEN_MEGABYTES = 10 * 1024 * 1024;
const MAX_LENGTH = 1024;

/** What a header may hold that is not what it should: anybody can write one. */
const lies: Record<string, () => unknown> = {
  // Nothing that is read from a wire is a revoked proxy, which not even Array.isArray survives.
  ...Object.fromEntries(
    hostileValues.filter(({ name }) => name !== 'a revoked proxy').map(({ name, make }) => [name, make]),
  ),
  'ten megabytes of text': () => 'at com.example.Main '.repeat(TEN_MEGABYTES / 20),
  'ten megabytes of bytes': () => Buffer.alloc(TEN_MEGABYTES, 'x'),
  'bytes that are no text': () => Buffer.from([0xff, 0xfe, 0x00, 0x01]),
  'a negative number': () => -7,
  'a huge number': () => 1e300,
  'a fraction': () => 1.5,
  'a number as text': () => '-99999999999999999999',
  'a date as text': () => '+275760-09-13T00:00:00.001Z',
  'a malformed ARN': () => 'arn:aws:sqs:::::/../?',
  'an ARN of nothing': () => 'arn:aws:sqs:us-east-1:0:',
  'a list of anything': () => [null, 1, 'x', [], {}, { queue: 7 }, { queue: 'a', count: -5, time: { value: 'soon' } }],
  'a hundred thousand deaths': () =>
    Array.from({ length: 100_000 }, () => ({ queue: 'a', reason: 'rejected', count: 1e15, time: { value: 1e300 } })),
  'a death whose words are long': () => [
    { queue: 'q'.repeat(1e6), reason: 'r'.repeat(1e6), exchange: 'e'.repeat(1e6), 'routing-keys': ['k'.repeat(1e6)] },
  ],
  'a story that is none': () => 'original=00-0-0-0&attempt=%ff&deliveries=-1&failures=1e9&dead=here&error=%%%',
  'a story of great numbers': () => 'deliveries=999999&failures=999999&dead=here&queue=orders',
};

const ARE_EVERYWHERE = [STORY_FIELD, 'dlq.original_queue', 'dlq.retry_count', 'dlq.error', 'dlq.timestamp'];

interface Place<M> {
  system: MessagingSystem<M>;
  names: string[];
  messageWith(values: Record<string, unknown>): M;
}

const ofKafka: Place<KafkaMessage> = {
  system: kafka,
  names: [
    ...ARE_EVERYWHERE,
    ...['original-topic', 'exception-fqcn', 'exception-message', 'exception-stacktrace'].map(
      name => `kafka_dlt-${name}`,
    ),
    'kafka_original-topic',
    'retry_topic-attempts',
    '__connect.errors.topic',
    '__connect.errors.exception.message',
  ],
  messageWith: values => ({ offset: '7', timestamp: '1', headers: values as KafkaMessage['headers'] }),
};

const ofRabbitMq: Place<RabbitMqMessage> = {
  system: rabbitmq,
  names: [
    ...ARE_EVERYWHERE,
    'x-death',
    'x-first-death-queue',
    'x-first-death-reason',
    'x-delivery-count',
    'x-queuetrace-sent-at',
  ],
  messageWith: values => ({ headers: values, queue: 'here', messageId: '1', redelivered: true, bodySize: 0 }),
};

const ofSqs: Place<SqsMessage> = {
  system: sqs,
  names: [...ARE_EVERYWHERE, 'DeadLetterQueueSourceArn', 'ApproximateReceiveCount', 'SentTimestamp', 'AWSTraceHeader'],
  messageWith: sqsMessageWith,
};

describe('headers that lie', () => {
  for (const place of [ofKafka, ofRabbitMq, ofSqs] as Place<unknown>[]) {
    describe(`in a message of ${place.system.name}`, () => {
      const { system, names, messageWith } = place;
      const told = new MessagingTelemetry(system, resolveConfig('test'), {
        tracer: () => telemetry.tracerProvider.getTracer('lies'),
        logger: () => undefined,
        meter: () => telemetry.meterProvider.getMeter('lies'),
      });
      const operation = (message: unknown) => ({ name: 'process', destination: { name: 'here' }, messages: [message] });

      /** The handler fails, so that the message is remembered, and comes again, and is sent on. */
      function handleTwice(message: unknown): void {
        for (const attempt of ['first', 'second']) {
          const handler = () => {
            told.send({ name: 'send', destination: { name: 'here.dlq' }, messages: [messageWith({})] }, () => {});
            throw new Error(attempt);
          };
          assert.throws(() => told.process(operation(message), handler), { message: attempt });
        }
        told.process({ ...operation(message), isBatch: true }, () => {});
      }

      /** Every one of them exists, and is not longer than it should be. */
      function assertBounded(): void {
        const spans = telemetry.spans();
        assert.equal(spans.length, 5 * (names.length + 1));
        for (const { attributes, links } of spans) {
          const all = [attributes, ...links.map(link => link.attributes ?? {})].flatMap(one => Object.entries(one));
          for (const [name, value] of all) {
            if (typeof value === 'string') assert.ok(value.length <= MAX_LENGTH, `${name} is ${value.length} long`);
            if (/count/.test(name))
              assert.ok(Number.isSafeInteger(value) && Number(value) > 0, `${name} is ${String(value)}`);
          }
          assert.ok(!Number.isNaN(Date.parse(String(attributes['dlq.timestamp'] ?? 0))));
        }
      }

      for (const [lie, make] of Object.entries(lies)) {
        it(`reach nobody: ${lie}, in each of them and in all`, () => {
          for (const name of names) handleTwice(messageWith({ [name]: make() }));
          handleTwice(messageWith(Object.fromEntries(names.map(name => [name, make()]))));
          assertBounded();
        });
      }
    });
  }
});
