// Sends one message, then ends at once in one of the ways that leave no time for anything.
const { Kafka, logLevel } = require('kafkajs');

const [address, topic, way] = process.argv.slice(2);
const WAYS = {
  exit: () => process.exit(7),
  exception: () => setImmediate(() => notAFunction()),
  rejection: () => void Promise.reject(new Error('a bug of the app')),
  signal: () => console.log('ready'),
  handler: exitInHandler,
};

async function exitInHandler() {
  const consumer = kafka.consumer({ groupId: topic });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: () => process.exit(7) });
}

process.on('SIGTERM', () => process.exit(5));
process.on('exit', code => console.log(`exit ${code}`));
const alive = setInterval(() => {}, 1000);
const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
const producer = kafka.producer();

producer
  .connect()
  .then(() => producer.send({ topic, messages: [{ value: 'an order' }] }))
  .then(() => WAYS[way]());
