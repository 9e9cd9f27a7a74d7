import * as assert from 'node:assert/strict';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { EachBatchHandler, EachMessageHandler, Producer } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { processEach } from '@queuetrace/messaging';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { consumerConfig, withKafka } from './kafka';

const MANY = 10_000;
const SOME = 1_000;
const LOST = new Error('the card was refused');
const messages = (count: number) => Array.from({ length: count }, (_, n) => ({ value: String(n) }));

/* After each test a hook looks for spans that were not ended, and for ones that were ended twice. */

describe('kafkajs deliveries, each told once', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  let topic: string;
  let producer: Producer;

  beforeEach(async () => {
    topic = await kafka.topic();
    producer = await kafka.producer();
  });

  const processed = () => telemetry.spans().filter(span => span.name === `process ${topic}`);
  const batches = () => processed().filter(span => 'messaging.batch.message_count' in span.attributes);
  const inBatches = () =>
    batches().reduce((sum, { attributes }) => sum + Number(attributes['messaging.batch.message_count']), 0);
  const counted = async (metric: 'sent' | 'consumed') =>
    (await telemetry.metric(`messaging.client.${metric}.messages`)).reduce((sum, { value }) => sum + Number(value), 0);

  /** Consumes until a handler says that it was the last time, and has ended. */
  async function consume(eachBatch: (...args: Parameters<EachBatchHandler>) => Promise<boolean>) {
    const consumer = kafka.client.consumer(consumerConfig());
    const isDone = new Promise<void>(resolve => {
      let isLast = false;
      consumer.on('consumer.end_batch_process', () => isLast && resolve());
      const run: EachBatchHandler = async payload => void (isLast = await eachBatch(payload));
      void kafka.subscribed(consumer, topic, { eachBatch: run });
    });
    await isDone;
  }

  for (const count of [1, 100, MANY]) {
    it(`of ${count} messages that were sent in one call, in batches`, async () => {
      await producer.send({ topic, messages: messages(count) });
      let seen = 0;
      await consume(async ({ batch }) => (seen += batch.messages.length) === count);
      const [sent, ...others] = telemetry.spans();
      assert.equal(sent.attributes['messaging.batch.message_count'], count);
      assert.deepEqual(others, batches());
      assert.equal(inBatches(), count);
      for (const { links } of others)
        assert.deepEqual(
          links.map(link => link.context.spanId),
          [sent.spanContext().spanId],
        );
      assert.deepEqual([await counted('sent'), await counted('consumed')], [count, count]);
    });
  }

  it('of 100 messages that were sent in one call, one by one', async () => {
    await producer.send({ topic, messages: messages(100) });
    const offsets: string[] = [];
    await kafka.consume(topic, { eachMessage: async ({ message }) => void offsets.push(message.offset) });
    await telemetry.waitForSpans(101);
    assert.deepEqual(
      processed().map(({ attributes }) => String(attributes['messaging.kafka.offset'])),
      offsets,
    );
    assert.equal(await counted('consumed'), 100);
  });

  it(`of ${SOME} messages of a batch that are worked on many at a time`, async () => {
    await kafka.seed(topic, messages(SOME));
    const results: (string | null)[] = [];
    await consume(async ({ batch }) => {
      const handle = async ({ value }: { value: Buffer | null }) => value && (await setImmediate(value.toString()));
      results.push(...(await processEach(batch.messages, handle, { concurrency: 100 })));
      return results.length === SOME;
    });
    assert.deepEqual(
      results,
      messages(SOME).map(({ value }) => value),
    );
    assert.equal(processed().length, SOME + batches().length);
    assert.equal(await counted('consumed'), SOME);
    const durations = await telemetry.metric('messaging.process.duration');
    assert.deepEqual(
      durations.map(({ count }) => count),
      [SOME],
    );
  });

  it('of messages of several partitions at once, in loops that wait for one another', async () => {
    topic = await kafka.topic(3);
    const sent = messages(60).map((message, n) => ({ ...message, partition: n % 3 }));
    await kafka.seed(topic, sent);
    const own: unknown[] = [];
    const eachBatch: EachBatchHandler = async ({ batch }) => {
      for (const { offset } of batch.messages) {
        for (let tick = 0; tick <= batch.partition; tick++) await setImmediate();
        const { attributes } = trace.getActiveSpan() as unknown as ReadableSpan;
        const told = [attributes['messaging.destination.partition.id'], attributes['messaging.kafka.offset']];
        own.push(isDeepStrictEqual(told, [String(batch.partition), Number(offset)]));
      }
    };
    await kafka.consume(topic, { eachBatch, partitionsConsumedConcurrently: 3 });
    await telemetry.waitForSpans(() => inBatches() === sent.length);
    assert.deepEqual(
      own,
      sent.map(() => true),
    );
    assert.equal(processed().length, sent.length + batches().length);
  });

  it('of messages whose consumer crashes in the middle and is started again by the library', async () => {
    await kafka.seed(topic, messages(3));
    const retry = { retries: 0, initialRetryTime: 50 };
    const groupId = uniqueName('billing');
    const offsets: string[] = [];
    const eachMessage: EachMessageHandler = async ({ message }) => {
      await setImmediate();
      if (offsets.push(message.offset) === 2) throw LOST;
    };
    await kafka.consume(topic, { eachMessage }, { groupId, retry });
    await telemetry.waitForSpans(4);
    assert.deepEqual(offsets, ['0', '1', '1', '2']);
    const [, failed, again] = processed();
    assert.deepEqual(
      processed().map(({ attributes, status }) => [String(attributes['messaging.kafka.offset']), status.message]),
      offsets.map((offset, index) => [offset, index === 1 ? LOST.message : undefined]),
    );
    assert.deepEqual(
      again.links.map(link => [link.context.spanId, link.attributes?.['link.type']]),
      [[failed.spanContext().spanId, 'previous-attempt']],
    );
    assert.equal(await counted('consumed'), 4);
    const crashes = (await telemetry.metric('messaging.client.events')).filter(
      ({ attributes }) => attributes['messaging.client.event'] === 'crash',
    );
    assert.deepEqual(
      crashes.map(({ value }) => value),
      [1],
    );
  });

  it('of messages that another consumer of the group gets in the middle of a batch', async () => {
    topic = await kafka.topic(2);
    await kafka.seed(
      topic,
      messages(20).map((message, n) => ({ ...message, partition: n % 2 })),
    );
    const groupId = uniqueName('billing');
    const config = { groupId, heartbeatInterval: 20, sessionTimeout: 10_000, rebalanceTimeout: 10_000 };
    const handled = new Set<string>();
    let delivered = 0;
    let isJoined: Promise<unknown> | undefined;
    let interruption: unknown;
    const eachBatch =
      (isFirst: boolean): EachBatchHandler =>
      async ({ batch, heartbeat }) => {
        delivered += batch.messages.length;
        for (const { offset } of batch.messages) {
          if (isFirst && !interruption) {
            isJoined ??= kafka.consume(topic, { eachBatch: eachBatch(false) }, config);
            try {
              // It is refused as soon as the group has a new member.
              for (;;) await setTimeout(25).then(heartbeat);
            } catch (error) {
              interruption = error;
              throw error;
            }
          }
          handled.add(`${batch.partition}/${offset}`);
        }
      };
    await kafka.consume(topic, { eachBatch: eachBatch(true), partitionsConsumedConcurrently: 2 }, config);
    for (let attempt = 0; attempt < 500 && handled.size < 20; attempt++) await setTimeout(20);
    await isJoined;
    assert.equal(handled.size, 20);
    await telemetry.waitForSpans(() => inBatches() === delivered);
    assert.equal(await counted('consumed'), delivered);
    const failed = batches().filter(({ attributes }) => attributes['error.type'] !== undefined);
    assert.ok(failed.length > 0);
    assert.ok(failed.every(({ attributes }) => attributes['error.type'] === (interruption as { type: string }).type));
  });

  it('of the messages of transactions: those that are aborted are sent and not delivered', async () => {
    const transactional = await kafka.producer({
      transactionalId: uniqueName('payments'),
      idempotent: true,
      maxInFlightRequests: 1,
    });
    for (const end of ['abort', 'commit'] as const) {
      const transaction = await transactional.transaction();
      await transaction.send({ topic, messages: messages(100) });
      await transaction[end]();
    }
    let seen = 0;
    await consume(async ({ batch }) => (seen += batch.messages.length) === 100);
    assert.deepEqual([await counted('sent'), await counted('consumed'), inBatches()], [200, 100, 100]);
    const [, , sent] = telemetry.spans();
    for (const { links } of batches())
      assert.deepEqual(
        links.map(link => link.context.spanId),
        [sent.spanContext().spanId],
      );
  });
});
