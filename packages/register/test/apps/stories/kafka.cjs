// An order that fails three times and is then sent to a topic for dead letters: `work` sends and tries it, `mend` sends
// the dead letter again.
const { Kafka, logLevel } = require('kafkajs');

const [address, topic, roles] = process.argv.slice(2);
const dlq = `${topic}.dlq`;
const retry = { initialRetryTime: 20, maxRetryTime: 50, retries: 10 };
const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry });
const clients = [];

async function connected(client) {
  await client.connect();
  clients.push(client);
  return client;
}

async function consume(from, groupId, eachMessage) {
  const consumer = await connected(kafka.consumer({ groupId, maxWaitTimeInMs: 100, retry }));
  await consumer.subscribe({ topic: from, fromBeginning: true });
  await consumer.run({ eachMessage });
}

async function work(producer) {
  let attempts = 0;
  await consume(topic, `${topic}.work`, async ({ message: { key, value, headers } }) => {
    if (String(value) === 'mended') return;
    attempts += 1;
    if (attempts <= 3) throw new Error(`attempt ${attempts} failed`);
    await producer.send({ topic: dlq, messages: [{ key, value, headers }] });
  });
  await producer.send({ topic, messages: [{ key: 'order-1', value: 'poison' }] });
}

async function mend(producer) {
  await consume(dlq, `${topic}.mend`, async ({ message: { key, headers } }) => {
    await producer.send({ topic, messages: [{ key, value: 'mended', headers }] });
  });
}

async function main() {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [topic, dlq].map(name => ({ topic: name, numPartitions: 1 })),
    waitForLeaders: true,
  });
  await admin.disconnect();
  const producer = await connected(kafka.producer());
  process.once('SIGTERM', () => void Promise.all(clients.map(client => client.disconnect())));
  if (roles.includes('mend')) await mend(producer);
  if (roles.includes('work')) await work(producer);
  console.log('ready');
}

void main();
