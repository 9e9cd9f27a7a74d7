import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, walkRecorded, withBroker } from '@queuetrace/test-utils';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import assert from 'node:assert/strict';
import type { EachMessagePayload } from 'kafkajs';
import { KafkaShop } from './kafka-shop';

describe('the story of a Kafka message that fails, is dead-lettered by the app, and replayed', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const shop = new KafkaShop(() => broker.address);
  let walk: ReturnType<typeof walkRecorded>;
  let topic: string;

  before(async () => {
    topic = uniqueName('orders');
    const dlq = `${topic}.dlq`;
    await shop.open([topic, dlq]);
    const { producer } = shop;
    let failures = 0;
    const handled = Promise.withResolvers<void>();
    const work = await shop.consume(topic, async ({ message }) => {
      if (message.headers?.mended) return handled.resolve();
      failures += 1;
      if (failures <= 3) throw new Error(`attempt ${failures} failed`);
      await producer.send({
        topic: dlq,
        messages: [{ key: message.key, value: message.value, headers: message.headers }],
      });
    });
    const replay = await shop.consume(dlq, async ({ message }) => {
      const headers = { ...message.headers, mended: 'yes' };
      await producer.send({ topic, messages: [{ value: message.value, headers }] });
    });
    await producer.send({ topic, messages: [{ key: 'order-1', value: 'poison' }] });
    await handled.promise;
    await telemetry.waitForSpans(spans => spans.filter(({ name }) => name.startsWith('process')).length >= 6);
    await Promise.all([work.disconnect(), replay.disconnect()]);
    walk = walkRecorded(telemetry.spans());
    processes = telemetry.spans().filter(({ name }) => name === `process ${topic}`);
    deadLetter = telemetry.span(`process ${dlq}`);
    departure = telemetry.span(`send ${dlq}`);
  });

  after(() => shop.close());

  let processes: ReadableSpan[];
  let deadLetter: ReadableSpan;
  let departure: ReadableSpan;

  it('links each attempt to the one before, and counts them', () => {
    const [first, second, third, fourth] = processes;
    assert.deepEqual(walk.attemptsBefore(fourth), [third, second, first]);
    assert.deepEqual(
      [first, second, third, fourth].map(({ attributes }) => attributes['messaging.delivery_count']),
      [undefined, 2, 3, 4],
    );
    assert.deepEqual(
      [first, second, third].map(({ status }) => status.message),
      [1, 2, 3].map(attempt => `attempt ${attempt} failed`),
    );
  });

  it('marks the send that makes it a dead letter, with what the last attempt failed with', () => {
    const { attributes } = departure;
    assert.equal(attributes['dlq.action'], 'send');
    assert.equal(attributes['dlq.original_queue'], topic);
    assert.equal(attributes['dlq.error'], 'attempt 3 failed');
    assert.equal(walk.parent(departure), processes[3]);
  });

  it('leads from the dead letter to the first send, and through its parents to every attempt', () => {
    const original = walk.linked(deadLetter, 'original-message');
    assert.equal(original?.name, `send ${topic}`);
    assert.equal(original?.parentSpanContext, undefined);
    assert.equal(walk.parent(deadLetter), departure);
    assert.equal(deadLetter.attributes['dlq.action'], 'retry');
    assert.equal(deadLetter.attributes['dlq.original_queue'], topic);
    assert.equal(deadLetter.attributes['dlq.retry_count'], 4);
    assert.equal(deadLetter.attributes['dlq.error'], 'attempt 3 failed');
    assert.ok(!Number.isNaN(Date.parse(String(deadLetter.attributes['dlq.timestamp']))));
    assert.deepEqual(walk.attemptsBefore(deadLetter), processes.slice(0, 4).reverse());
  });

  it('leads from the replayed message to the dead letter and to the first send', () => {
    const replayed = processes[4];
    assert.equal(walk.linked(replayed, 'original-message'), walk.linked(deadLetter, 'original-message'));
    const replay = walk.parent(replayed)!;
    assert.equal(walk.parent(replay), deadLetter);
    assert.equal(walk.linked(replayed, 'previous-attempt'), deadLetter);
    assert.equal(replayed.attributes['dlq.original_queue'], undefined);
  });
});

describe('a Kafka message that comes again for another reason than its failure', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const shop = new KafkaShop(() => broker.address);

  after(() => shop.close());

  /** Fails at the second of three messages, is sent elsewhere, and handles all from there on. */
  async function deliveryCountsAfterSeek(offset: string) {
    const topic = uniqueName('orders');
    await shop.open([topic]);
    await shop.producer.send({ topic, messages: ['0', '1', '2'].map(value => ({ value })) });
    const handled = Promise.withResolvers<void>();
    let hasFailed = false;
    const consumer = await shop.consume(topic, async ({ message }) => {
      if (hasFailed && message.offset === '2') handled.resolve();
      if (message.offset !== '1' || hasFailed) return;
      hasFailed = true;
      consumer.seek({ topic, partition: 0, offset });
      throw new Error('out of stock');
    });
    await handled.promise;
    await consumer.disconnect();
    const spans = telemetry.spans().filter(({ name }) => name === `process ${topic}`);
    const failed = spans.findIndex(({ status }) => status.message === 'out of stock');
    return spans.slice(failed + 1).map(({ attributes }) => {
      return [attributes['messaging.kafka.offset'], attributes['messaging.delivery_count']];
    });
  }

  it('is no further attempt where the consumer was sent back to before it', async () => {
    assert.deepEqual(await deliveryCountsAfterSeek('0'), [
      [0, undefined],
      [1, undefined],
      [2, undefined],
    ]);
  });

  it('is the next attempt where the consumer was sent back to it', async () => {
    assert.deepEqual(await deliveryCountsAfterSeek('1'), [
      [1, 2],
      [2, undefined],
    ]);
  });

  it('is no further attempt where its partition was given to another consumer in between', async () => {
    const topic = uniqueName('orders');
    const groupId = uniqueName('group');
    await shop.open([topic], 2);
    const failed = new Set<number>();
    const bothFailed = Promise.withResolvers<void>();
    let isOver = false;
    await shop.producer.send({ topic, messages: [0, 1].map(partition => ({ partition, value: 'poison' })) });
    const failing = async ({ partition, heartbeat }: EachMessagePayload) => {
      // Where it learns of a rebalance.
      await heartbeat();
      if (failed.add(partition).size === 2) bothFailed.resolve();
      if (!isOver) throw new Error('out of stock');
    };
    const first = await shop.consume(topic, failing, groupId);
    await bothFailed.promise;
    const taken = Promise.withResolvers<number>();
    const taking = async ({ partition }: EachMessagePayload) => taken.resolve(partition);
    const second = await shop.consume(topic, taking, groupId);
    const partition = await taken.promise;
    isOver = true;
    await Promise.all([first.disconnect(), second.disconnect()]);
    const attempts = telemetry.spans().filter(({ attributes }) => {
      return (
        attributes['messaging.destination.partition.id'] === String(partition) &&
        attributes['messaging.kafka.offset'] === 0
      );
    });
    const handled = attempts.findIndex(({ status }) => status.message === undefined);
    assert.ok(handled > 0);
    assert.equal(attempts[handled].attributes['messaging.delivery_count'], undefined);
  });
});
