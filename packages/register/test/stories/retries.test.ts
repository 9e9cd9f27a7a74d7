import { AmqplibInstrumentation } from '@queuetrace/instrumentation-amqplib';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, walkRecorded, withBroker } from '@queuetrace/test-utils';
import { connect } from 'amqplib';
import assert from 'node:assert/strict';
import { KafkaShop } from './kafka-shop';

const STORY_HEADER = 'x-queuetrace-story';

const deliveryCounts = (spans: readonly { attributes: Record<string, unknown> }[]) =>
  spans.map(({ attributes }) => attributes['messaging.delivery_count']);

describe('a message that the app publishes again to try it later', () => {
  describe('on Kafka, through retry topics', () => {
    const broker = withBroker('kafka');
    telemetry.register(new KafkaJsInstrumentation());
    const shop = new KafkaShop(() => broker.address);
    after(() => shop.close());

    it('has each attempt linked to the one before, and counted, and what follows from it is none', async () => {
      const topic = uniqueName('orders');
      const topics = [topic, `${topic}.retry.1`, `${topic}.retry.2`, `${topic}.shipping`, `${topic}.audit`];
      await shop.open(topics);
      const told: boolean[] = [];
      const audited = Promise.withResolvers<string[]>();
      const audit = await shop.consume(topics[4], async ({ message: { headers } }) =>
        audited.resolve(Object.keys(headers!)),
      );
      const shipped = Promise.withResolvers<void>();
      const consumers = await Promise.all(
        topics.slice(0, 4).map((from, index) =>
          shop.consume(from, async ({ message: { value, headers } }) => {
            told[index] = STORY_HEADER in headers!;
            if (index === 3) return shipped.resolve();
            await shop.producer.send({ topic: topics[4], messages: [{ value }] });
            await shop.producer.send({ topic: topics[index + 1], messages: [{ value, headers }] });
          }),
        ),
      );
      await shop.producer.send({ topic, messages: [{ value: 'an order' }] });
      await shipped.promise;
      // What is sent beside the message is told nothing of its story.
      assert.deepEqual(await audited.promise, ['traceparent']);
      await Promise.all([audit, ...consumers].map(consumer => consumer.disconnect()));
      const walk = walkRecorded(telemetry.spans());
      const [first, second, third, shipping] = topics.slice(0, 4).map(name => telemetry.span(`process ${name}`));
      assert.deepEqual(walk.attemptsBefore(third), [second, first]);
      assert.deepEqual(deliveryCounts([first, second, third, shipping]), [undefined, 2, 3, undefined]);
      assert.deepEqual(walk.attemptsBefore(shipping), []);
      assert.deepEqual(told, [false, true, true, true]);
      const [original] = telemetry.spans();
      for (const span of [second, third, shipping]) assert.equal(walk.linked(span, 'original-message'), original);
    });
  });

  describe('on RabbitMQ, through a delay queue', () => {
    const broker = withBroker('rabbitmq');
    telemetry.register(new AmqplibInstrumentation());

    it('has each attempt linked to the one before, and is no dead letter of the delay queue', async () => {
      const connection = await connect(broker.address, { noDelay: true });
      const channel = await connection.createConfirmChannel();
      const { queue } = await channel.assertQueue(uniqueName('work'));
      const { queue: delay } = await channel.assertQueue(`${queue}.delay`, {
        deadLetterExchange: '',
        deadLetterRoutingKey: queue,
        messageTtl: 10,
      });
      channel.sendToQueue(queue, Buffer.from('an order'));
      const over = Promise.withResolvers<void>();
      let attempts = 0;
      await channel.consume(queue, message => {
        if (!message) return;
        attempts += 1;
        if (attempts < 3) channel.sendToQueue(delay, message.content, message.properties);
        else over.resolve();
        channel.ack(message);
      });
      await over.promise;
      await connection.close();
      const spans = await telemetry.waitForSpans(6);
      const [first, second, third] = spans.filter(({ name }) => name === `consume ${queue}`);
      assert.deepEqual(walkRecorded(spans).attemptsBefore(third), [second, first]);
      assert.deepEqual(deliveryCounts([first, second, third]), [1, 2, 3]);
      assert.ok(spans.every(({ attributes }) => attributes['dlq.original_queue'] === undefined));
    });
  });
});

describe('a Kafka batch that fails and comes again', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const shop = new KafkaShop(() => broker.address);
  const values = ['1', '2', '3'];
  let topic: string;

  beforeEach(async () => {
    topic = uniqueName('orders');
    await shop.open([topic]);
    await shop.producer.send({ topic, messages: values.map(value => ({ value })) });
  });
  afterEach(() => shop.close());

  const sumOf = async (metric: string) => {
    const points = await telemetry.metric(metric);
    return points.reduce((sum, { value, count = value }) => sum + count, 0);
  };

  it('links to the attempt before, and counts as redelivered and not as waited again', async () => {
    const over = Promise.withResolvers<void>();
    let attempts = 0;
    const consumer = await shop.consume(topic, {
      eachBatch: async ({ batch }) => {
        await Promise.resolve();
        if (batch.messages.length === 3 && ++attempts === 1) throw new Error('not yet');
        over.resolve();
      },
    });
    await over.promise;
    await consumer.disconnect();
    const [first, second] = telemetry.spans().filter(({ name }) => name === `process ${topic}`);
    assert.equal(walkRecorded([first, second]).linked(second, 'previous-attempt'), first);
    assert.equal(await sumOf('messaging.queue_time'), 3);
    assert.equal(await sumOf('messaging.client.redelivered.messages'), 3);
    const counts = second.links.map(({ attributes }) => attributes?.['messaging.queue_time_ms']);
    assert.deepEqual(counts, [undefined, undefined]);
  });

  it('has each message of a loop linked to its own attempt before', async () => {
    const over = Promise.withResolvers<void>();
    let attempts = 0;
    const consumer = await shop.consume(topic, {
      eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
        for (const { value, offset } of batch.messages) {
          await heartbeat();
          if (String(value) === '2' && ++attempts === 1) throw new Error('not yet');
          resolveOffset(offset);
          if (String(value) === '3') over.resolve();
        }
      },
    });
    await over.promise;
    await consumer.disconnect();
    const ofSecond = telemetry
      .spans()
      .filter(
        ({ attributes }) => attributes['messaging.kafka.offset'] === 1 && !attributes['messaging.batch.message_count'],
      );
    assert.equal(ofSecond.length, 2);
    assert.equal(walkRecorded(ofSecond).linked(ofSecond[1], 'previous-attempt'), ofSecond[0]);
    assert.deepEqual(deliveryCounts(ofSecond), [undefined, 2]);
    assert.equal(await sumOf('messaging.queue_time'), 3);
  });
});
