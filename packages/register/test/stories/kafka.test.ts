import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, walkRecorded, withBroker } from '@queuetrace/test-utils';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import assert from 'node:assert/strict';
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
