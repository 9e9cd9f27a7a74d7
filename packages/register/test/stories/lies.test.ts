import { AmqplibInstrumentation } from '@queuetrace/instrumentation-amqplib';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { connect } from 'amqplib';
import assert from 'node:assert/strict';
import { KafkaShop } from './kafka-shop';

describe('headers that lie, through a broker', () => {
  describe('on Kafka', () => {
    const broker = withBroker('kafka');
    telemetry.register(new KafkaJsInstrumentation());
    const shop = new KafkaShop(() => broker.address);
    after(() => shop.close());

    it('reach the handler, and make no span as big as the message', async () => {
      const topic = uniqueName('orders');
      await shop.open([topic]);
      const stack = 'at com.example.Main\n'.repeat(40_000);
      const headers = {
        'kafka_dlt-original-topic': 'o'.repeat(100_000),
        'kafka_dlt-exception-message': stack,
        'kafka_dlt-exception-stacktrace': stack.slice(0, 1000),
        'retry_topic-attempts': Buffer.from([0xff, 0xff, 0xff, 0xff]),
        'x-queuetrace-story': 'original=lie&attempt=lie&deliveries=-1',
      };
      const handled = Promise.withResolvers<unknown>();
      const consumer = await shop.consume(topic, async ({ message }) => {
        await Promise.resolve();
        handled.resolve(String(message.headers!['kafka_dlt-exception-message']));
      });
      await shop.producer.send({ topic, messages: [{ value: 'an order', headers }] });
      assert.equal(await handled.promise, stack);
      await consumer.disconnect();
      const { attributes } = telemetry.span(`process ${topic}`);
      assert.equal(attributes['dlq.original_queue'], 'o'.repeat(256));
      assert.equal(attributes['dlq.error'], stack.slice(0, 512));
      assert.equal(attributes['messaging.delivery_count'], undefined);
    });
  });

  describe('on RabbitMQ', () => {
    const broker = withBroker('rabbitmq');
    telemetry.register(new AmqplibInstrumentation());

    const lies: Record<string, object> = {
      'no list': { 'x-death': 'rejected', 'x-first-death-queue': { no: 'text' } },
      'a list of anything': { 'x-death': [1, 'x', [], { queue: 7 }], 'x-delivery-count': -1 },
      'impossible counts': { 'x-death': [{ queue: 'orders', reason: 'rejected', count: -5, time: 'soon' }] },
    };
    for (const [what, headers] of Object.entries(lies)) {
      it(`reach the handler, and make up no number: ${what}`, async () => {
        const connection = await connect(broker.address, { noDelay: true });
        const channel = await connection.createConfirmChannel();
        const { queue } = await channel.assertQueue(uniqueName('work'), { autoDelete: true });
        const handled = Promise.withResolvers<void>();
        await channel.consume(queue, message => {
          channel.ack(message!);
          handled.resolve();
        });
        channel.sendToQueue(queue, Buffer.from('an order'), { headers });
        await handled.promise;
        await connection.close();
        await telemetry.waitForSpans(2);
        const { attributes } = telemetry.span(`consume ${queue}`);
        assert.equal(attributes['dlq.retry_count'], undefined);
        assert.equal(attributes['dlq.timestamp'], undefined);
        // It has died somewhere, they say: so this need not be its first delivery.
        assert.equal(attributes['messaging.delivery_count'], undefined);
      });
    }
  });
});
