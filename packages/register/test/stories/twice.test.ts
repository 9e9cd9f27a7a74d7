import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, walkRecorded, withBroker } from '@queuetrace/test-utils';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import assert from 'node:assert/strict';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { KafkaShop } from './kafka-shop';

describe('a Kafka message that becomes a dead letter more than once', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const shop = new KafkaShop(() => broker.address);
  afterEach(() => shop.close());

  const copyOf = ({ key, value, headers }: KafkaMessage) => ({ key, value, headers });
  const spansOf = (name: string) => telemetry.spans().filter(span => span.name === name);
  const told = ({ attributes }: ReadableSpan) =>
    ['dlq.action', 'dlq.original_queue', 'dlq.retry_count', 'dlq.error'].map(name => attributes[name]);

  it('is the same dead letter where it is put back, where it fails, and where it goes on to other ones', async () => {
    const topic = uniqueName('orders');
    const [dlq, last] = [`${topic}.dlq`, `${topic}.last.dlq`];
    await shop.open([topic, dlq, last]);
    const over = Promise.withResolvers<void>();
    let failures = 0;
    const worker = await shop.consume(topic, async ({ message }) => {
      failures += 1;
      if (failures < 3) throw new Error('out of stock');
      await shop.producer.send({ topic: dlq, messages: [copyOf(message)] });
    });
    let seen = 0;
    const mender = await shop.consume(dlq, async ({ message }) => {
      seen += 1;
      if (seen === 2) throw new Error('not yet');
      await shop.producer.send({ topic: seen < 3 ? dlq : last, messages: [copyOf(message)] });
    });
    const archivist = await shop.consume(last, async () => over.resolve());
    await shop.producer.send({ topic, messages: [{ value: 'an order' }] });
    await over.promise;
    await Promise.all([worker, mender, archivist].map(consumer => consumer.disconnect()));

    const story = [topic, 3, 'out of stock'];
    assert.deepEqual(spansOf(`send ${dlq}`).map(told), Array(2).fill(['send', ...story]));
    assert.deepEqual(spansOf(`process ${dlq}`).map(told), Array(3).fill([undefined, ...story]));
    // What it has failed with since.
    assert.deepEqual(spansOf(`send ${last}`).map(told), [['send', topic, 3, 'not yet']]);
    assert.deepEqual(spansOf(`process ${last}`).map(told), [['archive', topic, 3, 'not yet']]);
    const walk = walkRecorded(telemetry.spans());
    const [archived] = spansOf(`process ${last}`);
    const before = [...spansOf(`process ${topic}`), ...spansOf(`process ${dlq}`)];
    assert.deepEqual(walk.attemptsBefore(archived), before.toReversed());
    assert.equal(walk.linked(archived, 'original-message'), spansOf(`send ${topic}`)[0]);
  });

  it('leads from the replay of its replay to its first send, over each of its attempts', async () => {
    const topic = uniqueName('orders');
    const dlq = `${topic}.dlq`;
    await shop.open([topic, dlq]);
    const over = Promise.withResolvers<void>();
    let deliveries = 0;
    const worker = await shop.consume(topic, async ({ message }) => {
      deliveries += 1;
      if (deliveries === 3) return over.resolve();
      await shop.producer.send({ topic: dlq, messages: [copyOf(message)] });
    });
    const mender = await shop.consume(dlq, async ({ message }) => {
      await shop.producer.send({ topic, messages: [copyOf(message)] });
    });
    await shop.producer.send({ topic, messages: [{ value: 'an order' }] });
    await over.promise;
    await Promise.all([worker.disconnect(), mender.disconnect()]);

    const walk = walkRecorded(telemetry.spans());
    const [first, second, third] = spansOf(`process ${topic}`);
    const [dead, deadAgain] = spansOf(`process ${dlq}`);
    assert.deepEqual(walk.attemptsBefore(third), [deadAgain, second, dead, first]);
    const [original] = spansOf(`send ${topic}`);
    for (const span of [dead, second, deadAgain, third]) assert.equal(walk.linked(span, 'original-message'), original);
    assert.deepEqual([dead, deadAgain].map(told), Array(2).fill(['retry', topic, 1, undefined]));
    assert.deepEqual(told(third), Array(4).fill(undefined));
  });

  it('leads back to its own first send where a batch is sent on as dead letters at once', async () => {
    const topic = uniqueName('orders');
    const dlq = `${topic}.dlq`;
    await shop.open([topic, dlq]);
    const values = ['1', '2', '3'];
    for (const value of values) await shop.producer.send({ topic, messages: [{ value }] });
    const worker = await shop.consume(topic, {
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch }: EachBatchPayload) => {
        const messages = Array.from(batch.messages, copyOf);
        await shop.producer.send({ topic: dlq, messages });
      },
    });
    const over = Promise.withResolvers<void>();
    let seen = 0;
    const mender = await shop.consume(dlq, async () => {
      if (++seen === values.length) over.resolve();
    });
    await over.promise;
    await Promise.all([worker.disconnect(), mender.disconnect()]);

    const walk = walkRecorded(telemetry.spans());
    const dead = spansOf(`process ${dlq}`);
    const idOf = (span?: ReadableSpan) => span?.spanContext().spanId;
    assert.deepEqual(
      dead.map(span => idOf(walk.linked(span, 'original-message'))),
      spansOf(`send ${topic}`).map(idOf),
    );
    assert.deepEqual(dead.map(told), Array(3).fill(['archive', topic, undefined, undefined]));
    for (const span of dead) assert.equal(walk.attemptsBefore(span)[0].name, `process ${topic}`);
  });
});
