// Each client sends, receives and fails, with a secret in every place that is no business of telemetry.
const { Kafka, logLevel } = require('kafkajs');
const amqplib = require('amqplib');
const sqs = require('@aws-sdk/client-sqs');

const [, , kafkaAddress, rabbitmqUrl, sqsUrl, name] = process.argv;
const PHONE_NUMBER = '+43123456789';
const headers = () => ({ authorization: 'canary-header', tenant: 'shown' });

async function throughKafka() {
  const kafka = new Kafka({ brokers: [kafkaAddress], logLevel: logLevel.NOTHING });
  const sasl = { mechanism: 'plain', username: 'canary-user', password: 'canary-sasl' };
  const secured = new Kafka({
    brokers: [kafkaAddress],
    authenticationTimeout: 500,
    logLevel: logLevel.NOTHING,
    sasl,
    retry: { retries: 0 },
  });
  const known = secured.producer();
  // The embedded broker lets everybody in; a real one without SASL nobody.
  await known.connect().then(
    () => known.send({ topic: `${name}-sasl`, messages: [{ value: 'canary-body' }] }),
    () => {},
  );
  await known.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: name, messages: [{ value: 'canary-body', headers: headers() }] });
  await producer.send({ topic: name, messages: [{ value: { toString: () => 'canary-body' } }] }).catch(() => {});
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: `${name}-group` });
  await consumer.connect();
  await consumer.subscribe({ topic: name, fromBeginning: true });
  await new Promise(resolve => void consumer.run({ eachMessage: async () => resolve() }));
  await consumer.disconnect();
}

async function throughRabbitMq() {
  const wrong = new URL(rabbitmqUrl);
  [wrong.username, wrong.password] = ['canary-user', 'canary-p%40ss:word'];
  // The embedded broker lets everybody in.
  await amqplib.connect(wrong.href).then(
    one => one.close(),
    () => {},
  );
  const credentials = amqplib.credentials.plain('guest', 'guest');
  const connection = await amqplib.connect(`${wrong}?canary=canary-query`, { credentials });
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(name, { autoDelete: true });
  channel.sendToQueue(name, Buffer.from('canary-body'), { headers: headers(), userId: 'guest' });
  await channel.waitForConfirms();
  await new Promise(resolve => void channel.consume(name, message => resolve(channel.ack(message))));
  await connection.close();
}

async function throughSqs() {
  const credentials = { accessKeyId: 'canary-key', secretAccessKey: 'canary-secret', sessionToken: 'canary-token' };
  const client = new sqs.SQS({ endpoint: sqsUrl, region: 'us-east-1', credentials, maxAttempts: 1 });
  const { QueueUrl } = await client.createQueue({ QueueName: name });
  const MessageAttributes = Object.fromEntries(
    Object.entries(headers()).map(([key, StringValue]) => [key, { DataType: 'String', StringValue }]),
  );
  await client.sendMessage({ QueueUrl, MessageBody: 'canary-body', MessageAttributes });
  await client.sendMessage({ QueueUrl, MessageBody: 'canary-body', DelaySeconds: 1e6 }).catch(() => {});
  const { Messages } = await client.receiveMessage({ QueueUrl, MessageAttributeNames: ['All'] });
  for (const { ReceiptHandle } of Messages) await client.deleteMessage({ QueueUrl, ReceiptHandle });
  client.destroy();
}

/** What SNS puts into a queue; what is published to a phone number is no business of ours (see the SQS package's tests). */
async function fromSns() {
  const credentials = { accessKeyId: 'canary-key', secretAccessKey: 'canary-secret' };
  const queues = new sqs.SQS({ endpoint: sqsUrl, region: 'us-east-1', credentials, maxAttempts: 1 });
  const { QueueUrl } = await queues.createQueue({ QueueName: `${name}-sns` });
  const texts = { authorization: 'canary-header', 'AWS.MM.SMS.OriginationNumber': PHONE_NUMBER };
  const MessageAttributes = Object.fromEntries(
    Object.entries(texts).map(([key, Value]) => [key, { Type: 'String', Value }]),
  );
  const notification = { Type: 'Notification', Subject: 'canary-subject', Message: 'canary-body', MessageAttributes };
  await queues.sendMessage({ QueueUrl, MessageBody: JSON.stringify(notification) });
  const { Messages } = await queues.receiveMessage({ QueueUrl });
  for (const { ReceiptHandle } of Messages) await queues.deleteMessage({ QueueUrl, ReceiptHandle });
  queues.destroy();
}

async function main() {
  await throughKafka();
  await throughRabbitMq();
  await throughSqs();
  await fromSns();
}
void main().then(() => process.exit());
