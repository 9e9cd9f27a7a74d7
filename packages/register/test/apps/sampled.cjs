// Messages of which some are worth keeping, on three brokers: what they are called says which.
const { ReceiveMessageCommand, SQSClient } = require('@aws-sdk/client-sqs');
const amqplib = require('amqplib');
const { Kafka, logLevel } = require('kafkajs');

const [kafkaAddress, rabbitmqUrl, sqsEndpoint, prefix] = process.argv.slice(2);
const named = name => `${prefix}-${name}`;

/** Sends on from within the handler. */
function pass(channel, message, to) {
  channel.sendToQueue(named(to), message.content);
  channel.ack(message);
}

/** What a consumer of a queue does with a delivery. */
const HANDLERS = {
  health: (channel, message) => channel.ack(message),
  audit: (channel, message) => pass(channel, message, 'copies'),
  copies: (channel, message) => channel.ack(message),
  orders: (channel, message) => pass(channel, message, 'receipts'),
  receipts: (channel, message) => channel.ack(message),
  retried: (channel, message) => (message.fields.redelivered ? channel.ack(message) : channel.nack(message)),
  poison: (channel, message) => channel.reject(message, false),
  'poison.dlq': (channel, message) => channel.ack(message),
};
/** How often each is called. */
const DELIVERIES = 9;

async function rabbitmq() {
  const connection = await amqplib.connect(rabbitmqUrl, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  let left = DELIVERIES;
  await new Promise((resolve, reject) => {
    const consume = async ([name, handle]) => {
      const deadLetters = { deadLetterExchange: '', deadLetterRoutingKey: named('poison.dlq') };
      await channel.assertQueue(named(name), { autoDelete: true, ...(name === 'poison' ? deadLetters : {}) });
      await channel.consume(named(name), message => {
        handle(channel, message);
        left -= 1;
        if (left === 0) resolve();
      });
      if (!['poison.dlq', 'copies', 'receipts'].includes(name)) channel.sendToQueue(named(name), Buffer.from(name));
    };
    Promise.all(Object.entries(HANDLERS).reverse().map(consume)).catch(reject);
  });
  await channel.waitForConfirms();
  await connection.close();
}

/** A message with the context of whoever has sent it before. */
const sentBefore = flags => ({
  partition: 0,
  value: 'an order',
  headers: { traceparent: `00-4bf92f3577b34da6a3ce929d0e0e47${flags}-00f067aa0ba902b7-${flags}` },
});
const SAMPLED = sentBefore('01');
const UNSAMPLED = sentBefore('00');

async function kafka() {
  const client = new Kafka({ brokers: [kafkaAddress], logLevel: logLevel.NOTHING });
  const batches = { mixed: [UNSAMPLED, SAMPLED], unsampled: [UNSAMPLED, UNSAMPLED] };
  const producer = client.producer();
  await producer.connect();
  for (const [name, messages] of Object.entries(batches)) await producer.send({ topic: named(name), messages });
  await producer.disconnect();
  const consumer = client.consumer({ groupId: named('group') });
  await consumer.connect();
  await consumer.subscribe({ topics: Object.keys(batches).map(named), fromBeginning: true });
  let left = 4;
  await new Promise((resolve, reject) => {
    const eachBatch = async ({ batch }) => {
      left -= batch.messages.length;
      if (left === 0) resolve();
    };
    consumer.run({ eachBatch }).catch(reject);
  });
  await consumer.disconnect();
}

async function sqs() {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SQSClient({ endpoint: sqsEndpoint, region: 'us-east-1', credentials });
  const QueueUrl = `${sqsEndpoint}/000000000000/${named('missing')}`;
  await client.send(new ReceiveMessageCommand({ QueueUrl })).catch(({ name }) => console.log(name));
}

async function main() {
  await Promise.all([rabbitmq(), kafka(), sqs()]);
}

void main();
