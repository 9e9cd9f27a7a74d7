/** Takes each order's money, and tells the rest of the shop through a RabbitMQ exchange. */
import { consumerConfig, kafka } from './kafka';
import { openRabbitMq } from './rabbitmq';
import { decode, encode, ordersDlqTopic, ordersTopic, paymentsExchange, serve, work } from './shop';

const MAX_ATTEMPTS = 3;

void serve(async () => {
  const rabbitmq = await openRabbitMq();
  const client = kafka('payment');
  const producer = client.producer();
  await producer.connect();
  const consumer = client.consumer(consumerConfig('payment'));
  await consumer.connect();
  await consumer.subscribe({ topic: ordersTopic, fromBeginning: true });
  const attempts = new Map<string, number>();

  await consumer.run({
    eachMessage: async ({ message }) => {
      const order = decode(message.value);
      await work(5);
      if (order.poisonedAt === 'payment') {
        const attempt = (attempts.get(order.id) ?? 0) + 1;
        attempts.set(order.id, attempt);
        if (attempt < MAX_ATTEMPTS) throw new Error(`card of ${order.id} declined`);
        // Kafka has no dead letters of its own: the app sends what it gives up to a topic for them.
        await producer.send({ topic: ordersDlqTopic, messages: [{ key: order.id, value: message.value }] });
        return;
      }
      rabbitmq.channel.publish(paymentsExchange, 'paid', Buffer.from(encode(order)), { messageId: order.id });
      await rabbitmq.channel.waitForConfirms();
    },
  });
  return () => Promise.all([consumer.disconnect(), producer.disconnect(), rabbitmq.close()]);
});
