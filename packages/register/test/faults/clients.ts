import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SQS } from '@aws-sdk/client-sqs';
import * as amqp from 'amqplib';
import { Kafka, logLevel } from 'kafkajs';
import { AmqplibInstrumentation } from '@queuetrace/instrumentation-amqplib';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { uniqueName, type System } from '@queuetrace/test-utils';

export const SYSTEMS: readonly System[] = ['kafka', 'rabbitmq', 'aws_sqs'];

export const INSTRUMENTATIONS = {
  kafka: KafkaJsInstrumentation,
  rabbitmq: AmqplibInstrumentation,
  aws_sqs: SqsInstrumentation,
};

/** Where a client finds its broker, or what stands before it. */
export interface Door {
  readonly address: string;
  readonly hostAndPort: { readonly host: string; readonly port: number };
  /** Another address of the same broker, such as the URL of a queue. */
  at(address: string): string;
}

export function doorOf(address: string): Door {
  const { hostname, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
  return { address, hostAndPort: { host: hostname, port: Number(port) }, at: other => other };
}

/** An app's way to a broker: it sends again what was not confirmed, and connects again when its connection is lost. */
export interface Shop {
  /** Resolves when the broker has the message. */
  send(id: string): Promise<void>;
  /** How often the library was asked to send. */
  readonly attempts: number;
  /** What the handler was called with: what came again is there again. */
  readonly delivered: readonly string[];
  /** What was handled, each once. */
  readonly handled: ReadonlySet<string>;
  close(): Promise<void>;
}

type Handle = (id: string) => unknown;

/** What a shop knows of its own messages. */
class Counts {
  attempts = 0;
  readonly delivered: string[] = [];
  readonly handled = new Set<string>();

  constructor(private readonly _handle: Handle | undefined) {}

  async handle(id: string): Promise<void> {
    this.delivered.push(id);
    await this._handle?.(id);
    this.handled.add(id);
  }
}

/** The visibility timeout of the queue that `openSqs` makes. */
const VISIBILITY_TIMEOUT_S = 1;

/** For whose loop fails: the span of its step is open until the message comes again. */
export const CONFIG = { processTimeoutMs: VISIBILITY_TIMEOUT_S * 1000 };

/** One message at a time; `handle` is waited for. */
export const SHOPS: Readonly<Record<System, (door: Door, handle?: Handle) => Promise<Shop>>> = {
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

/** kafkajs' own wait for a new topic fails where the broker does not know it at once. */
export async function createTopic(kafka: Kafka, topic: string, numPartitions: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false });
  await untilDone(() => admin.fetchTopicMetadata({ topics: [topic] }));
  await admin.disconnect();
}

export async function openKafka(door: Door, handle?: Handle, requestTimeout = 2000) {
  const kafka = new Kafka({
    brokers: [door.address],
    logLevel: logLevel.NOTHING,
    requestTimeout,
    retry: { initialRetryTime: 20, maxRetryTime: 100, retries: 50 },
    socketFactory: ({ onConnect }) => connect(door.hostAndPort, onConnect),
  });
  const topic = uniqueName('orders');
  await createTopic(kafka, topic, 1);
  const counts = new Counts(handle);
  const producer = kafka.producer();
  await producer.connect();
  // The broker waits so long for a member whose connection is lost, before anybody else gets its partitions.
  const waits = { sessionTimeout: 6000, rebalanceTimeout: 6000, heartbeatInterval: 500 };
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 50, ...waits });
  const consume = async () => {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: ({ message }) => counts.handle(String(message.value)) });
  };
  await consume();
  // What kafkajs does not try again by itself.
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) void untilDone(consume);
  });
  return Object.assign(counts, {
    producer,
    send: (value: string) =>
      untilDone(() => {
        counts.attempts += 1;
        return producer.send({ topic, messages: [{ value }] });
      }),
    close: async () => void (await Promise.all([producer.disconnect(), consumer.disconnect()])),
  });
}

export async function openRabbitMq(door: Door, handle?: Handle) {
  const queue = uniqueName('orders');
  const counts = new Counts(handle);
  let [connection, channel]: [amqp.ChannelModel?, amqp.ConfirmChannel?] = [];
  async function open(): Promise<void> {
    const opened = await amqp.connect(`${door.address}?heartbeat=5`, { noDelay: true, timeout: 5000 });
    opened.on('error', () => {});
    const made = await opened.createConfirmChannel();
    let isOpen = true;
    made.on('error', () => {});
    made.on('close', () => {
      isOpen = false;
      channel = undefined;
      void opened.close().catch(() => {});
    });
    await made.assertQueue(queue, { durable: true, expires: 60_000 });
    await made.prefetch(1);
    await made.consume(queue, async message => {
      if (!message) return;
      await counts.handle(String(message.content));
      // The message of a channel that is closed by now comes again.
      if (isOpen) made.ack(message);
    });
    if (isOpen) [connection, channel] = [opened, made];
  }
  const confirmed = (id: string) =>
    new Promise<void>((resolve, reject) => {
      counts.attempts += 1;
      channel!.sendToQueue(queue, Buffer.from(id), { persistent: true }, error =>
        error ? reject(error as Error) : resolve(),
      );
    });
  let opening: Promise<void> | undefined;
  /** However many sends there are that find it closed. */
  const ready = async () => {
    while (!channel) await (opening ??= open().finally(() => (opening = undefined)));
  };
  await ready();
  return Object.assign(counts, {
    /** The one there is now. */
    channel: () => channel!,
    send: (id: string) =>
      untilDone(async () => {
        await ready();
        await confirmed(id);
      }),
    async close() {
      await ready();
      await connection!.close();
    },
  });
}

export async function openSqs(door: Door, handle?: Handle) {
  const client = new SQS({
    region: 'us-east-1',
    endpoint: door.address,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const Attributes = { VisibilityTimeout: String(VISIBILITY_TIMEOUT_S) };
  const created = await client.createQueue({ QueueName: uniqueName('orders'), Attributes });
  const QueueUrl = door.at(created.QueueUrl!);
  const counts = new Counts(handle);
  let isClosed = false;
  async function poll(): Promise<void> {
    while (!isClosed) {
      await untilDone(async () => {
        const { Messages = [] } = await client.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
        for (const { Body, ReceiptHandle } of Messages) {
          await counts.handle(Body!);
          await client.deleteMessage({ QueueUrl, ReceiptHandle });
        }
      });
      await delay(RETRY_AFTER_MS);
    }
  }
  const polling = poll();
  return Object.assign(counts, {
    client,
    QueueUrl,
    send: (MessageBody: string) =>
      untilDone(() => {
        counts.attempts += 1;
        return client.sendMessage({ QueueUrl, MessageBody });
      }),
    async close() {
      isClosed = true;
      await polling;
      client.destroy();
    },
  });
}
