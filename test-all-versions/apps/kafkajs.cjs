// Sends, handles one by one and in a batch; one handler fails first. Prints what it has handled.
'use strict';
const { Kafka, logLevel } = require('kafkajs');

const [address, name] = process.argv.slice(2);
const kafka = new Kafka({
  clientId: 'shop',
  brokers: [address],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, retries: 5 },
});

/** Not one of those that the library takes for a bug and gives up at. */
class OutOfStock extends Error {
  name = 'OutOfStock';
}

async function consume(topic, configure) {
  const consumer = kafka.consumer({ groupId: `${topic}-group`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve, reject) => consumer.run(configure(resolve)).catch(reject));
  await consumer.disconnect();
}

async function main() {
  const [single, batch] = [`${name}-single`, `${name}-batch`];
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [single, batch].map(topic => ({ topic, numPartitions: 1 })) });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  for (const value of ['0', '1', '2']) await producer.send({ topic: single, messages: [{ value }] });
  await producer.sendBatch({ topicMessages: [{ topic: batch, messages: [{ value: '3' }, { value: '4' }] }] });
  await producer.disconnect();
  const handled = [];
  let hasFailed = false;
  await consume(single, done => ({
    eachMessage: async ({ message }) => {
      if (String(message.value) === '1' && !hasFailed) {
        hasFailed = true;
        throw new OutOfStock();
      }
      if (handled.push(String(message.value)) === 3) done();
    },
  }));
  await consume(batch, done => ({
    eachBatch: async ({ batch: { messages } }) => {
      handled.push(...messages.map(({ value }) => String(value)));
      if (handled.length >= 5) done();
    },
  }));
  console.log(handled.join());
}

main().catch(error => {
  console.error(error);
  process.exitCode = 3;
});
