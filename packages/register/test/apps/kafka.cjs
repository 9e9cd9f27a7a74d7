// Sends one order and reads it back: an app with no OpenTelemetry in it.
const { Kafka, logLevel } = require('kafkajs');

const [address, topic] = process.argv.slice(2);
// The topic is made by its first message: a real broker is not its leader at once.
const kafka = new Kafka({
  brokers: [address],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, retries: 6 },
});

async function main() {
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
}

main().catch(error => {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 3;
});
