// The same as kafka.cjs, as an ES module.
import { Kafka, logLevel } from 'kafkajs';

const [address, topic] = process.argv.slice(2);
// The topic is made by its first message: a real broker is not its leader at once.
const kafka = new Kafka({
  brokers: [address],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, retries: 6 },
});

const producer = kafka.producer();
await producer.connect();
await producer.send({ topic, messages: [{ key: 'k', value: 'an order' }] });
const consumer = kafka.consumer({ groupId: `${topic}-group` });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
const value = await new Promise((resolve, reject) => {
  consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) }).catch(reject);
});
console.log(`processed ${value}`);
await consumer.disconnect();
await producer.disconnect();
