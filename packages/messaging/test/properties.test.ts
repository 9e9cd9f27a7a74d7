import { isSpanContextValid, propagation, trace } from '@opentelemetry/api';
import { telemetry } from '@queuetrace/test-utils';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { resolveConfig } from '../src/config';
import { OPTIONS } from '../src/options';
import { extract, readCarried } from '../src/propagation';
import { sqs, type SqsMessage } from '../src/systems/aws-sqs';
import { kafka, type KafkaMessage } from '../src/systems/kafka';
import { rabbitmq, type RabbitMqMessage } from '../src/systems/rabbitmq';
import { MessagingTelemetry } from '../src/telemetry';
import type { MessagingSystem } from '../src/types';
import { sqsMessageWith } from './sqs-message';

const MAX_BAGGAGE_MEMBERS = 64;
const MAX_BAGGAGE_LENGTH = 8192;
const MAX_TEXT_LENGTH = 1024;

const id = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const traceparent = fc.tuple(id(2), id(32), id(16), id(2)).map(parts => parts.join('-'));
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ minLength: 9_000, maxLength: 10_000 }));
const bytes = fc.uint8Array({ maxLength: 300 }).map(one => Buffer.from(one));
const members = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 200 });
const baggage = members.map(all =>
  all.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join(),
);

/** What a header may hold: mostly what is nearly right. */
const value = fc.oneof(traceparent, baggage, text, bytes, fc.anything());
const NAMES = [
  ...['traceparent', 'tracestate', 'baggage', 'TraceParent', 'x-queuetrace-sent-at', 'x-queuetrace-story'],
  ...['x-death', 'x-first-death-queue', 'x-first-death-reason', 'x-delivery-count', 'retry_topic-attempts'],
  ...['kafka_dlt-original-topic', 'kafka_dlt-exception-message', 'kafka_original-topic', 'dlq.original_queue'],
  ...['dlq.retry_count', 'dlq.error', 'dlq.timestamp', 'DeadLetterQueueSourceArn', 'ApproximateReceiveCount'],
  ...['SentTimestamp', 'AWSTraceHeader', '__proto__', 'constructor'],
];
const death = fc.record({
  queue: value,
  reason: value,
  count: value,
  time: value,
  exchange: value,
  'routing-keys': value,
});
const table = fc.dictionary(
  fc.constantFrom(...NAMES),
  fc.oneof(
    { weight: 3, arbitrary: value },
    { weight: 1, arbitrary: fc.array(fc.oneof(death, fc.anything()), { maxLength: 5 }) },
  ),
);

interface Place<M> {
  system: MessagingSystem<M>;
  messageWith(values: Record<string, unknown>): M;
}

const places: Place<unknown>[] = [
  {
    system: kafka,
    messageWith: headers => ({ offset: '7', timestamp: '1', headers: headers as KafkaMessage['headers'] }),
  } satisfies Place<KafkaMessage> as Place<unknown>,
  {
    system: rabbitmq,
    messageWith: headers => ({ headers, queue: 'here', redelivered: true, bodySize: 0 }),
  } satisfies Place<RabbitMqMessage> as Place<unknown>,
  {
    system: sqs,
    messageWith: sqsMessageWith,
  } satisfies Place<SqsMessage> as Place<unknown>,
];

/** Without the line that each wrong value gets. */
function silently<T>(run: () => T): T {
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = () => true;
  try {
    return run();
  } finally {
    process.stderr.write = write;
  }
}

describe('whatever is in a message or a configuration', () => {
  for (const { system, messageWith } of places) {
    it(`a context is read from a message of ${system.name} or is not, and is bounded`, () => {
      fc.assert(
        fc.property(table, values => {
          const message = messageWith(values);
          const { creation } = readCarried(system, message);
          const read = extract(system, message);
          if (creation) assert.ok(isSpanContextValid(creation));
          assert.deepEqual(creation?.spanId, trace.getSpanContext(read)?.spanId);
          const entries = propagation.getBaggage(read)?.getAllEntries() ?? [];
          assert.ok(entries.length <= MAX_BAGGAGE_MEMBERS, `${entries.length} members`);
          const length = entries.reduce((sum, [key, one]) => sum + key.length + one.value.length, 0);
          assert.ok(length <= MAX_BAGGAGE_LENGTH, `${length} characters`);
        }),
      );
    });

    it(`a message of ${system.name} is told of: its links, its past, its dead letters, with bounded texts`, () => {
      const told = new MessagingTelemetry(system, resolveConfig('test'), {
        tracer: () => telemetry.tracerProvider.getTracer('properties'),
        logger: () => undefined,
        meter: () => telemetry.meterProvider.getMeter('properties'),
      });
      telemetry.expectConventionErrors(/.*/);
      fc.assert(
        fc.property(fc.array(table, { minLength: 1, maxLength: 3 }), all => {
          const messages = all.map(messageWith);
          let handled = 0;
          for (const isBatch of [false, true]) {
            const operation = { name: 'process', destination: { name: 'here.dlq' }, messages, isBatch };
            told.process(operation, () => handled++);
          }
          assert.equal(handled, 2);
          const spans = telemetry.spans().slice(-2);
          const tables = spans.flatMap(span => [span.attributes, ...span.links.map(link => link.attributes ?? {})]);
          for (const one of tables.flatMap(attributes => Object.values(attributes))) {
            if (typeof one === 'string') assert.ok(one.length <= MAX_TEXT_LENGTH, `${one.length} characters`);
          }
        }),
      );
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
    });
  }

  it('an extracted baggage has its first 64 members, and none where it is longer than 8,192 characters', () => {
    const read = (all: string) => propagation.getBaggage(extract(rabbitmq, { headers: { baggage: all }, bodySize: 0 }));
    const many = Array.from({ length: 100 }, (_, index) => `k${index}=v`).join();
    assert.equal(read(many)?.getAllEntries().length, MAX_BAGGAGE_MEMBERS);
    assert.equal(read(`a=${'x'.repeat(MAX_BAGGAGE_LENGTH)}`), undefined);
  });

  it('a configuration is valid, and does not throw', () => {
    const options = Object.entries(OPTIONS);
    const suffixes = options.flatMap(([, { suffix }]) => [`TEST_${suffix}`, `MESSAGING_${suffix}`]);
    const env = fc.dictionary(fc.constantFrom(...suffixes.map(one => `OTEL_INSTRUMENTATION_${one}`)), fc.string());
    const code = fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(OPTIONS)), fc.string()), fc.anything());
    fc.assert(
      fc.property(fc.oneof(code, fc.anything()), env, (given, variables) => {
        const resolved = silently(() => resolveConfig('test', given as object, variables)) as unknown as object;
        for (const [key, option] of options)
          assert.ok(option.accepts(resolved[key as never]), `${key}: ${String(resolved[key as never])}`);
      }),
    );
  });
});
