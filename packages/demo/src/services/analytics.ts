/** Reads the same orders as payment does, but in batches. */
import { consumerConfig, kafka } from './kafka';
import { decode, ordersTopic, serve, work } from './shop';

void serve(async () => {
  const consumer = kafka('analytics').consumer({
    ...consumerConfig('analytics'),
    minBytes: 1_000,
    maxWaitTimeInMs: 200,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: ordersTopic, fromBeginning: true });
  let total = 0;
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const message of batch.messages) {
        total += decode(message.value).amount;
        await work(2);
      }
    },
  });
  return () => consumer.disconnect().then(() => total);
});
