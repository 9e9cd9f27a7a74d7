import { AmqplibInstrumentation } from '@queuetrace/instrumentation-amqplib';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { deadLetterAttributes } from '@queuetrace/messaging';
import { telemetry, uniqueName, walkRecorded, withBroker } from '@queuetrace/test-utils';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { connect, type ConsumeMessage } from 'amqplib';
import assert from 'node:assert/strict';
import type { KafkaMessage } from 'kafkajs';
import { KafkaShop } from './kafka-shop';

const isDeadLetter = ({ attributes }: ReadableSpan) => attributes['dlq.original_queue'] !== undefined;

describe('what a message says of its past', () => {
  describe('on RabbitMQ, where its headers are sent on with what follows from it', () => {
    const broker = withBroker('rabbitmq');
    telemetry.register(new AmqplibInstrumentation());

    it('makes no dead letter of that, nor does it wait since then', async () => {
      const connection = await connect(broker.address, { noDelay: true });
      const channel = await connection.createConfirmChannel();
      const work = uniqueName('work');
      const [dlq, shipping] = [`${work}.dlq`, `${work}.shipping`];
      for (const queue of [dlq, shipping]) await channel.assertQueue(queue);
      await channel.assertQueue(work, { deadLetterExchange: '', deadLetterRoutingKey: dlq });
      const over = Promise.withResolvers<void>();
      const handlers: Record<string, (message: ConsumeMessage) => void> = {
        [work](message) {
          if (!message.properties.headers!['x-death']) return channel.reject(message, false);
          channel.sendToQueue(shipping, Buffer.from('ship it'), { headers: message.properties.headers });
          channel.ack(message);
        },
        [dlq](message) {
          channel.sendToQueue(work, message.content, message.properties);
          channel.ack(message);
        },
        [shipping](message) {
          channel.ack(message);
          over.resolve();
        },
      };
      for (const [queue, handle] of Object.entries(handlers))
        await channel.consume(queue, message => message && handle(message));
      channel.sendToQueue(work, Buffer.from('an order'), { messageId: uniqueName('order') });
      await over.promise;
      await connection.close();
      const spans = await telemetry.waitForSpans(7);
      const consumed = spans.filter(({ name }) => name.startsWith('consume'));
      assert.deepEqual(
        consumed.filter(isDeadLetter).map(({ name, attributes }) => [name, attributes['dlq.action']]),
        [
          [`consume ${work}`, 'send'],
          [`consume ${dlq}`, 'retry'],
        ],
      );
      const [shipped] = consumed.filter(({ name }) => name === `consume ${shipping}`);
      assert.ok(walkRecorded(spans).linked(shipped, 'original-message'));
      const counted = await telemetry.metric('messaging.client.dead_lettered.messages');
      assert.ok(counted.every(({ attributes }) => attributes['messaging.destination.name'] !== shipping));
    });
  });

  describe('on Kafka', () => {
    const broker = withBroker('kafka');
    telemetry.register(new KafkaJsInstrumentation());
    const shop = new KafkaShop(() => broker.address);
    let [topic, parked, shipping]: string[] = [];
    beforeEach(async () => {
      topic = uniqueName('orders');
      [parked, shipping] = [`${topic}.parked`, `${topic}.shipping`];
      await shop.open([topic, parked, shipping]);
    });
    afterEach(() => shop.close());

    /** The headers of the order that comes back from where dead letters are, when it is sent on. */
    async function sendOn(forward: (message: KafkaMessage) => Promise<unknown>): Promise<ReadableSpan> {
      const over = Promise.withResolvers<void>();
      const consumers = await Promise.all([
        shop.consume(topic, async ({ message }) => {
          const { value, headers } = message;
          if (headers!['dlq.timestamp']) return void (await forward(message));
          const dead = { ...headers, ...deadLetterAttributes(new Error('no stock'), message) };
          await shop.producer.send({ topic: parked, messages: [{ value, headers: dead }] });
        }),
        shop.consume(parked, async ({ message: { value, headers } }) => {
          await shop.producer.send({ topic, messages: [{ value, headers }] });
        }),
        shop.consume(shipping, async () => over.resolve()),
      ]);
      await shop.producer.send({ topic, messages: [{ value: 'an order' }] });
      await over.promise;
      await Promise.all(consumers.map(consumer => consumer.disconnect()));
      return telemetry.span(`process ${shipping}`);
    }

    for (const [where, run] of Object.entries({
      'in its handler': (send: () => Promise<unknown>) => send(),
      'outside of it': (send: () => Promise<unknown>) => context.with(ROOT_CONTEXT, send),
    })) {
      it(`makes no dead letter of what follows from it, nor a further attempt, sent on ${where}`, async () => {
        const shipped = await sendOn(({ headers }) =>
          run(() => shop.producer.send({ topic: shipping, messages: [{ value: 'ship it', headers }] })),
        );
        assert.ok(!isDeadLetter(shipped));
        assert.equal(shipped.attributes['messaging.delivery_count'], undefined);
        const walk = walkRecorded(telemetry.spans());
        assert.deepEqual(walk.attemptsBefore(shipped), []);
        const [original] = telemetry.spans();
        assert.equal(walk.linked(shipped, 'original-message'), original);
      });
    }
  });
});
