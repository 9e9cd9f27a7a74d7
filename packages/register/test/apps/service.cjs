// Sends one message and runs on, with a SIGTERM handler of its own where it is asked for.
const { Kafka, logLevel } = require('kafkajs');

const [address, topic, handler] = process.argv.slice(2);

if (handler === 'own-handler') {
  process.on('SIGTERM', () => {
    console.log('the own handler ran');
    clearInterval(work);
    void producer.disconnect().then(() => (process.exitCode = 7));
  });
}

const producer = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).producer();
const work = setInterval(() => {}, 1000);

void producer
  .connect()
  .then(() => producer.send({ topic, messages: [{ value: 'an order' }] }))
  .then(() => console.log('ready'));
