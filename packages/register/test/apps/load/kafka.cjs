// 60 orders in 6 sends: every tenth fails once, every twentieth is sent to where dead letters go.
const { Kafka, logLevel } = require('kafkajs');
const { Tally, waitInQueue } = require('./tally.cjs');

const [address, topic] = process.argv.slice(2);
const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
const [orders, deadLetters] = [new Tally(), new Tally()];
const numbers = Array.from({ length: 60 }, (_, index) => index);

async function consume(topic, tally, count, work) {
  const consumer = kafka.consumer({
    groupId: `${topic}-group`,
    retry: { initialRetryTime: 20, retries: 1000, maxRetryTime: 100 },
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const seen = new Set();
  const handled = new Set();
  await new Promise((resolve, reject) => {
    const eachMessage = ({ message }) => {
      const id = Number(message.value);
      const isFirst = !seen.has(id);
      seen.add(id);
      return tally.handle(id, isFirst, async () => {
        await work(id, isFirst);
        handled.add(id);
        if (handled.size === count) resolve(done());
      });
    };
    const done = tally.startConsuming();
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
}

async function main() {
  const producer = kafka.producer();
  await producer.connect();
  const send = (tally, topic, ids) =>
    tally.send(ids, () => producer.send({ topic, messages: ids.map(id => ({ value: String(id) })) }));
  for (let from = 0; from < numbers.length; from += 10) await send(orders, topic, numbers.slice(from, from + 10));
  await waitInQueue();
  await consume(topic, orders, numbers.length, async (id, isFirst) => {
    if (id % 10 === 3 && isFirst) orders.fail();
    if (id % 20 === 7) {
      orders.deadLettersSent += 1;
      await send(deadLetters, `${topic}.dlq`, [id]);
    }
  });
  await waitInQueue();
  await consume(`${topic}.dlq`, deadLetters, orders.deadLettersSent, async () => {});
  await producer.disconnect();
  console.log(JSON.stringify({ orders, deadLetters }));
}

void main();
