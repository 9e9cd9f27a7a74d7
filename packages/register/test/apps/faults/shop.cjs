// Sends rounds of orders through one client and handles them: one round at the start, one more at each SIGUSR2; closes
// what it has open at SIGHUP. An order may be one that is never done with.
//   node shop.cjs <kafka|rabbitmq|aws_sqs> <address> <name> <orders a round> [stuck]
const { setTimeout: sleep } = require('node:timers/promises');
const { trace } = require('@opentelemetry/api');

const [system, address, name, count, stuck] = process.argv.slice(2);
const handled = new Set();
let deliveries = 0;
let rounds = 0;

function handle(id) {
  deliveries += 1;
  // As a logger does that writes the trace's id.
  trace.getActiveSpan();
  if (id === stuck) return new Promise(() => {});
  handled.add(id);
}

const CLIENTS = {
  async kafka() {
    const { Kafka, logLevel } = require('kafkajs');
    const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
    // One after the other is how Kafka is read: who is stuck is so with all that comes behind.
    const topicOf = id => (id === stuck ? `${name}-stuck` : name);
    const topics = [name, `${name}-stuck`];
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: topics.map(topic => ({ topic, numPartitions: 1 })), waitForLeaders: true });
    await admin.disconnect();
    const producer = kafka.producer();
    await producer.connect();
    const consumers = topics.map(groupId => kafka.consumer({ groupId, maxWaitTimeInMs: 50 }));
    for (const [index, consumer] of consumers.entries()) {
      await consumer.connect();
      await consumer.subscribe({ topic: topics[index], fromBeginning: true });
      await consumer.run({ eachMessage: async ({ message }) => handle(String(message.value)) });
    }
    return {
      send: id => producer.send({ topic: topicOf(id), messages: [{ value: id, headers: { order: id } }] }),
      close: () => Promise.all([producer, ...consumers].map(one => one.disconnect())),
    };
  },

  async rabbitmq() {
    const connection = await require('amqplib').connect(address, { noDelay: true });
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue(name, { expires: 60_000 });
    await channel.consume(name, async message => {
      await handle(String(message.content));
      channel.ack(message);
    });
    return {
      async send(id) {
        channel.sendToQueue(name, Buffer.from(id), { headers: { order: id } });
        await channel.waitForConfirms();
      },
      close: () => connection.close(),
    };
  },

  async aws_sqs() {
    const { SQS } = require('@aws-sdk/client-sqs');
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new SQS({ endpoint: address, region: 'us-east-1', credentials });
    const { QueueUrl } = await client.createQueue({ QueueName: name });
    const asked = { MaxNumberOfMessages: 10, MessageAttributeNames: ['order'] };
    let isClosed = false;
    async function work({ Body, ReceiptHandle }) {
      await handle(Body);
      await client.deleteMessage({ QueueUrl, ReceiptHandle });
    }
    async function poll() {
      while (!isClosed) {
        const { Messages = [] } = await client.receiveMessage({ ...asked, QueueUrl });
        // Nothing waits for the work: one that is stuck holds nobody up.
        for (const message of Messages) void work(message);
        await sleep(5);
      }
    }
    const polling = poll();
    return {
      send: id =>
        client.sendMessage({
          QueueUrl,
          MessageBody: id,
          MessageAttributes: { order: { DataType: 'String', StringValue: id } },
        }),
      async close() {
        isClosed = true;
        await polling;
        client.destroy();
      },
    };
  },
};

async function main() {
  const client = await CLIENTS[system]();
  async function round() {
    rounds += 1;
    for (let index = 0; index < count; index++) await client.send(`${rounds}-${index}`);
    while (handled.size < rounds * count) await sleep(5);
    console.log(`${handled.size} handled in ${deliveries} deliveries`);
  }
  process.on('SIGUSR2', round);
  process.on('SIGHUP', () => client.close());
  if (stuck) await client.send(stuck);
  while (stuck && deliveries === 0) await sleep(5);
  await round();
}

void main();
