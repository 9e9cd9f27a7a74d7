// Sends orders and, but for Kafka, which has nothing of the kind, refuses each of them once, all at a time, so that as
// much is remembered of them as ever is. Says how many were sent, how many were handled, and in how many deliveries.
//   node heap.cjs <kafka|rabbitmq|aws_sqs> <address> <name> <orders>
const { trace } = require('@opentelemetry/api');

const [system, address, name, count] = process.argv.slice(2);
const COUNT = Number(count);
/** Messages a call: of SQS as many as it takes. */
const BATCH = system === 'aws_sqs' ? 10 : 500;
const DESTINATIONS = 1200;
const numbers = Array.from({ length: COUNT }, (_, index) => index);
const tally = { sent: 0, handled: new Set(), deliveries: 0 };

const done = Promise.withResolvers();
/** One delivery; whether it was the first. */
function deliver(id) {
  tally.deliveries += 1;
  // As a logger does that writes the trace's id.
  trace.getActiveSpan();
  const isFirst = !tally.handled.has(id);
  tally.handled.add(id);
  return isFirst;
}

const batches = () =>
  Array.from({ length: COUNT / BATCH }, (_, index) => numbers.slice(index * BATCH, (index + 1) * BATCH));

const SYSTEMS = {
  async kafka() {
    const { Kafka, logLevel } = require('kafkajs');
    const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    for (const ids of batches()) {
      await producer.send({ topic: name, messages: ids.map(id => ({ key: String(id), value: String(id) })) });
      tally.sent += ids.length;
    }
    const consumer = kafka.consumer({ groupId: name });
    await consumer.connect();
    await consumer.subscribe({ topic: name, fromBeginning: true });
    await consumer.run({
      async eachMessage({ message }) {
        deliver(Number(message.value));
        if (tally.handled.size === COUNT) done.resolve();
      },
    });
    await done.promise;
    await Promise.all([producer, consumer].map(one => one.disconnect()));
  },

  async rabbitmq() {
    const connection = await require('amqplib').connect(address, { noDelay: true });
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue(name, { autoDelete: true });
    for (const ids of batches()) {
      for (const id of ids) channel.sendToQueue(name, Buffer.from(String(id)), { messageId: String(id) });
      await channel.waitForConfirms();
      tally.sent += ids.length;
    }
    // Where there is no queue, they are gone.
    for (const id of numbers.slice(0, DESTINATIONS)) channel.sendToQueue(`${name}-${id}`, Buffer.alloc(0));
    await channel.waitForConfirms();
    let acknowledged = 0;
    await channel.consume(name, message => {
      if (!deliver(Number(message.content))) {
        channel.ack(message);
        acknowledged += 1;
      } else if (tally.handled.size === COUNT) channel.nackAll(true);
      if (acknowledged === COUNT) done.resolve();
    });
    await done.promise;
    await connection.close();
  },

  /** What SQS would answer is made up here: thousands of requests take long, and it is not about them. */
  async aws_sqs() {
    const { SQS } = require('@aws-sdk/client-sqs');
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const requestHandler = { handle: answer, metadata: { handlerProtocol: 'http/1.1' }, destroy() {} };
    const client = new SQS({ endpoint: address, region: 'us-east-1', credentials, md5: false, requestHandler });
    const QueueUrl = `${address}/000000000000/${name}`;
    for (const ids of batches()) {
      const Entries = ids.map(id => ({ Id: String(id), MessageBody: String(id) }));
      await client.sendMessageBatch({ QueueUrl, Entries });
      tally.sent += ids.length;
    }
    // Nothing is deleted. What a step that does not wait has started may go on when the loop does.
    for (const wait of [undefined, () => Promise.resolve()]) {
      for (let received = 0; received < COUNT; received += BATCH) {
        const { Messages } = await client.receiveMessage({ QueueUrl, MaxNumberOfMessages: BATCH });
        for (const { Body } of Messages) {
          deliver(Number(Body));
          if (wait) await wait();
        }
      }
    }
    client.destroy();
  },
};

let received = 0;
const ANSWERS = {
  SendMessageBatch: ({ Entries }) => ({ Successful: Entries.map(({ Id }) => ({ Id, MessageId: Id })) }),
  ReceiveMessage: () => ({ Messages: Array.from({ length: BATCH }, () => message(received++)) }),
};

function message(index) {
  const Body = String(index % COUNT);
  return { Body, MessageId: Body, ReceiptHandle: `${index}`, Attributes: { ApproximateReceiveCount: '1' } };
}

async function answer({ headers, body }) {
  const [, operation] = headers['x-amz-target'].split('.');
  const told = Buffer.from(JSON.stringify(ANSWERS[operation](JSON.parse(body))));
  return { response: { statusCode: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: told } };
}

async function main() {
  await SYSTEMS[system]();
  const { sent, handled, deliveries } = tally;
  console.log(JSON.stringify({ sent, handled: handled.size, deliveries }));
}

void main();
