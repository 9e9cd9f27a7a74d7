/** Takes orders and sends them to Kafka, one message an order. */
import { kafka } from './kafka';
import { encode, ordersDlqTopic, ordersTopic, serve, work, type Order } from './shop';

const POISONED: Record<number, Order['poisonedAt']> = {
  3: 'payment',
  5: 'shipping',
  6: 'invoicing',
  7: 'notification',
};

void serve(async () => {
  const client = kafka('orders');
  const admin = client.admin();
  await admin.connect();
  const topics = [ordersTopic, ordersDlqTopic].map(topic => ({ topic, numPartitions: 1 }));
  await admin.createTopics({ topics, waitForLeaders: true });
  await admin.disconnect();
  const producer = client.producer();
  await producer.connect();

  process.once('message', async (count: number) => {
    for (let number = 1; number <= count; number++) {
      const order: Order = { id: `order-${number}`, amount: number * 10, poisonedAt: POISONED[number] };
      await producer.send({ topic: ordersTopic, messages: [{ key: order.id, value: encode(order) }] });
      await work(20);
    }
    process.disconnect?.();
  });
  process.channel?.ref();
  return () => producer.disconnect();
});
