import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SQS } from '@aws-sdk/client-sqs';
import * as amqp from 'amqplib';
import { Kafka, logLevel } from 'kafkajs';
import { uniqueName, type FaultProxy, type System } from '@queuetrace/test-utils';

/** An app's way to a broker: it sends again what was not confirmed, and connects again when its connection is lost. */
export interface Shop {
  /** Resolves when the broker has the message. */
  send(id: string): Promise<void>;
  /** What was handled, each once. */
  readonly handled: ReadonlySet<string>;
  close(): Promise<void>;
}

export const SHOPS: Readonly<Record<System, (proxy: FaultProxy) => Promise<Shop>>> = {
  kafka: openKafka,
  rabbitmq: openRabbitMq,
  aws_sqs: openSqs,
};

const RETRY_AFTER_MS = 20;

/** As an app that cares for its messages. */
async function untilDone(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      return void (await attempt());
    } catch {
      await delay(RETRY_AFTER_MS);
    }
  }
}

async function openKafka(proxy: FaultProxy): Promise<Shop> {
  const kafka = new Kafka({
    brokers: [proxy.address],
    logLevel: logLevel.NOTHING,
    requestTimeout: 2000,
    retry: { initialRetryTime: 20, maxRetryTime: 100, retries: 50 },
    socketFactory: ({ onConnect }) => connect(proxy.hostAndPort, onConnect),
  });
  const topic = uniqueName('orders');
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
  const handled = new Set<string>();
  const producer = kafka.producer();
  await producer.connect();
  // The broker waits so long for a member whose connection is lost, before anybody else gets its partitions.
  const waits = { sessionTimeout: 6000, rebalanceTimeout: 6000, heartbeatInterval: 500 };
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 50, ...waits });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void handled.add(String(message.value)) });
  return {
    handled,
    send: value => untilDone(() => producer.send({ topic, messages: [{ value }] })),
    close: async () => void (await Promise.all([producer.disconnect(), consumer.disconnect()])),
  };
}

async function openRabbitMq(proxy: FaultProxy): Promise<Shop> {
  const queue = uniqueName('orders');
  const handled = new Set<string>();
  let [connection, channel]: [amqp.ChannelModel?, amqp.ConfirmChannel?] = [];
  async function open(): Promise<void> {
    const opened = await amqp.connect(proxy.address, { noDelay: true });
    const lose = () => void (channel = undefined);
    opened.on('error', lose).on('close', lose);
    const made = await opened.createConfirmChannel();
    made.on('error', () => {});
    await made.assertQueue(queue, { durable: true, expires: 60_000 });
    await made.consume(queue, message => {
      if (!message) return;
      handled.add(String(message.content));
      made.ack(message);
    });
    [connection, channel] = [opened, made];
  }
  const confirmed = (id: string) =>
    new Promise<void>((resolve, reject) => {
      channel!.sendToQueue(queue, Buffer.from(id), {}, error => (error ? reject(error as Error) : resolve()));
    });
  await open();
  return {
    handled,
    send: id =>
      untilDone(async () => {
        if (!channel) await open();
        await confirmed(id);
      }),
    async close() {
      if (!channel) await open();
      await connection!.close();
    },
  };
}

async function openSqs(proxy: FaultProxy): Promise<Shop> {
  const client = new SQS({
    region: 'us-east-1',
    endpoint: proxy.address,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const created = await client.createQueue({ QueueName: uniqueName('orders'), Attributes: { VisibilityTimeout: '1' } });
  const QueueUrl = proxy.at(created.QueueUrl!);
  const handled = new Set<string>();
  let isClosed = false;
  async function poll(): Promise<void> {
    while (!isClosed) {
      await untilDone(async () => {
        const { Messages = [] } = await client.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
        for (const { Body, ReceiptHandle } of Messages) {
          handled.add(Body!);
          await client.deleteMessage({ QueueUrl, ReceiptHandle });
        }
      });
      await delay(RETRY_AFTER_MS);
    }
  }
  const polling = poll();
  return {
    handled,
    send: MessageBody => untilDone(() => client.sendMessage({ QueueUrl, MessageBody })),
    async close() {
      isClosed = true;
      await polling;
      client.destroy();
    },
  };
}
