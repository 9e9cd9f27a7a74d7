// Sends with each copy of kafkajs whose folder it is given.
const { kafkaOf } = require('./orders.cjs');

const [address, topic, ...folders] = process.argv.slice(2);

async function main() {
  for (const folder of folders) {
    const producer = kafkaOf(require(folder), address).producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'an order' }] });
    await producer.disconnect();
  }
}

void main();
