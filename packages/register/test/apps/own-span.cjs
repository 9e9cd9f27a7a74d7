// Puts a span of its own around a send, with the @opentelemetry/api that it is given.
const { Kafka, logLevel } = require('kafkajs');

const [address, topic, apiFile] = process.argv.slice(2);
const { trace } = require(apiFile);

async function main() {
  const producer = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await trace.getTracer('shop').startActiveSpan('place order', async span => {
    await producer.send({ topic, messages: [{ value: 'an order' }] });
    span.end();
  });
  await producer.disconnect();
}

void main();
