import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { pipeline } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import {
  Kafka,
  logLevel,
  type Admin,
  type Consumer,
  type ConsumerConfig,
  type ConsumerRunConfig,
  type KafkaMessage,
  type Message,
  type Producer,
  type ProducerConfig,
} from 'kafkajs';
import type * as kafkajs from 'kafkajs';
import { startKafkaBroker, type EmbeddedBroker, type KafkaBrokerOptions } from '@queuetrace/embedded-brokers';
import { uniqueName, type Broker } from '@queuetrace/test-utils';

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';

/** What OpenTelemetry's own instrumentation has wrapped before, where it is in the place of ours. */
const unwrapped = <F>(method: F): F => (method as { __original?: F }).__original ?? method;
/** As they were when this file was loaded, with no instrumentation on: their clients say what is on the wire. */
const [plainProducer, plainConsumer] = [unwrapped(Kafka.prototype.producer), unwrapped(Kafka.prototype.consumer)];

/**
 * The library's own clients for the tests of one suite; what a test opened is closed after it.
 * @param load gives another copy of the library
 */
export function withKafka(broker: Broker, load?: () => Pick<typeof kafkajs, 'Kafka' | 'logLevel'>) {
  const open: { disconnect(): Promise<void> }[] = [];
  let client: Kafka;
  let plainClient: Kafka;

  before(() => {
    plainClient = newClient(broker);
    client = load ? newClient(broker, load()) : plainClient;
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map(one => one.disconnect()));
  });

  async function connected<T extends Producer | Consumer>(one: T): Promise<T> {
    open.push(one);
    await one.connect();
    return one;
  }

  async function subscribed(consumer: Consumer, topics: string | string[], run: ConsumerRunConfig): Promise<Consumer> {
    await connected(consumer);
    for (const topic of [topics].flat()) await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run(run);
    return consumer;
  }

  async function withAdmin<T>(ask: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = client.admin();
    await admin.connect();
    try {
      return await ask(admin);
    } finally {
      await admin.disconnect();
    }
  }

  return {
    withAdmin,
    subscribed,

    clusterId: () => withAdmin(async admin => (await admin.describeCluster()).clusterId),

    get client() {
      return client;
    },

    async topic(numPartitions = 1): Promise<string> {
      const topic = uniqueName('orders');
      await withAdmin(async admin => {
        await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false });
        for (let attempt = 0; attempt < 200 && !(await hasLeaders(admin, topic, numPartitions)); attempt++)
          await setTimeout(50);
      });
      return topic;
    },

    producer: (config?: ProducerConfig) => connected(client.producer(config)),

    consume: (topics: string | string[], run: ConsumerRunConfig, config?: Partial<ConsumerConfig>) =>
      subscribed(client.consumer(consumerConfig(config)), topics, run),

    /** Sends without instrumentation. */
    async seed(topic: string, messages: Message[]): Promise<void> {
      const producer = await connected(plainProducer.call(plainClient));
      await producer.send({ topic, messages });
    },

    /** What a consumer without instrumentation sees: the records of a topic, when there are that many. */
    async wire(topic: string, count = 1): Promise<KafkaMessage[]> {
      const records: KafkaMessage[] = [];
      let seen!: () => void;
      const enough = new Promise<void>(resolve => (seen = resolve));
      await subscribed(plainConsumer.call(plainClient, consumerConfig()), topic, {
        eachMessage: async ({ message }) => {
          if (records.push(message) === count) seen();
        },
      });
      await enough;
      return records;
    },
  };
}

/** A real broker needs a while before it knows a new topic everywhere. */
async function hasLeaders(admin: Admin, topic: string, count: number): Promise<boolean> {
  try {
    const [{ partitions }] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics;
    if (partitions.length !== count || partitions.some(({ leader }) => leader < 0)) return false;
    // Who is named as a leader may not know of it yet: asked for offsets, it says so.
    return (await admin.fetchTopicOffsets(topic)).length === count;
  } catch {
    return false;
  }
}

interface OwnKafka extends Broker {
  /** Its own, beside that of the address. */
  readonly port: number;
}

const ownAddresses = () => Object.values(networkInterfaces()).flatMap(all => (all ?? []).map(({ address }) => address));

/**
 * A broker of one suite, always embedded, since no real one here is like that. Clients come to it by an IPv4 address:
 * the library has no way to be given another one.
 */
export function withEmbeddedKafka({ host = '127.0.0.1', ...options }: KafkaBrokerOptions): OwnKafka {
  let broker: EmbeddedBroker | undefined;
  const gate = createServer(socket => {
    pipeline(socket, connect(broker!.port, host), socket, () => {});
  });
  before(async function () {
    if (!ownAddresses().includes(host)) {
      console.error(`\n*** NO ADDRESS ${host} ON THIS MACHINE: the tests of this suite are SKIPPED ***\n`);
      this.skip();
    }
    broker = await startKafkaBroker({ host, ...options });
    await once(gate.listen(0, '127.0.0.1'), 'listening');
  });
  after(async () => {
    gate.close();
    await broker?.stop();
  });
  return {
    embedded: true,
    get address() {
      return `127.0.0.1:${(gate.address() as AddressInfo).port}`;
    },
    get port() {
      return broker!.port;
    },
  };
}

/** A short retry, so that what fails for good does so soon. */
export function newClient(
  { address }: Pick<Broker, 'address'>,
  library: Pick<typeof kafkajs, 'Kafka' | 'logLevel'> = { Kafka, logLevel },
): Kafka {
  const retry = { retries: 5, initialRetryTime: 50, maxRetryTime: 100 };
  return new library.Kafka({ clientId: 'shop', brokers: [address], logLevel: library.logLevel.NOTHING, retry });
}

export const consumerConfig = (config?: Partial<ConsumerConfig>): ConsumerConfig => ({
  groupId: uniqueName('billing'),
  maxWaitTimeInMs: 100,
  ...config,
});

const manifest = readFileSync(require.resolve('kafkajs/package.json'), 'utf8');
const { version } = JSON.parse(manifest) as { version: string };

/** A test of what the library has since a version; run with an older one it is pending, and its name says why. */
export function itSince(since: `${number}.${number}`, title: string, test: Mocha.AsyncFunc): void {
  const [[major, minor], [sinceMajor, sinceMinor]] = [version, since].map(one => one.split('.').map(Number));
  if (major > sinceMajor || (major === sinceMajor && minor >= sinceMinor)) it(title, test);
  else it(`${title} (kafkajs ${since}, this is ${version})`);
}

/** What the library wrapped when it gave up. */
export const causeOf = (error: unknown) =>
  (error as { cause?: unknown; originalError?: unknown }).cause ?? (error as { originalError?: unknown }).originalError;

/** A remote context as a caller writes it into a message, and as a span or link shows it. */
export const USER_TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
export const USER_SPAN_ID = 'b7ad6b7169203331';
export const USER_TRACEPARENT = `00-${USER_TRACE_ID}-${USER_SPAN_ID}-01`;

export const traceparent = ({ traceId, spanId }: { traceId: string; spanId: string }) => `00-${traceId}-${spanId}-01`;
export const header = ({ headers }: KafkaMessage, name: string): string | undefined => headers?.[name]?.toString();
