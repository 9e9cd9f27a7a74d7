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
import { uniqueName, type Broker } from '@queuetrace/test-utils';

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';

/** As they were when this file was loaded, with no instrumentation on: their clients say what is on the wire. */
const { producer: plainProducer, consumer: plainConsumer } = Kafka.prototype;

/** The library's own clients for the tests of one suite; what a test opened is closed after it. */
export function withKafka(broker: Broker) {
  const open: { disconnect(): Promise<void> }[] = [];
  let client: Kafka;

  before(() => {
    client = newClient(broker);
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
      const producer = await connected(plainProducer.call(client));
      await producer.send({ topic, messages });
    },

    /** What a consumer without instrumentation sees: the records of a topic, when there are that many. */
    async wire(topic: string, count = 1): Promise<KafkaMessage[]> {
      const records: KafkaMessage[] = [];
      let seen!: () => void;
      const enough = new Promise<void>(resolve => (seen = resolve));
      await subscribed(plainConsumer.call(client, consumerConfig()), topic, {
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
    return partitions.length === count && partitions.every(({ leader }) => leader >= 0);
  } catch {
    return false;
  }
}

/** A short retry, so that what fails for good does so soon. */
export function newClient({ address }: Pick<Broker, 'address'>): Kafka {
  const retry = { retries: 5, initialRetryTime: 50, maxRetryTime: 100 };
  return new Kafka({ clientId: 'shop', brokers: [address], logLevel: logLevel.NOTHING, retry });
}

export const consumerConfig = (config?: Partial<ConsumerConfig>): ConsumerConfig => ({
  groupId: uniqueName('billing'),
  maxWaitTimeInMs: 100,
  ...config,
});

/** A remote context as a caller writes it into a message, and as a span or link shows it. */
export const USER_TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
export const USER_SPAN_ID = 'b7ad6b7169203331';
export const USER_TRACEPARENT = `00-${USER_TRACE_ID}-${USER_SPAN_ID}-01`;

export const traceparent = ({ traceId, spanId }: { traceId: string; spanId: string }) => `00-${traceId}-${spanId}-01`;
export const header = ({ headers }: KafkaMessage, name: string): string | undefined => headers?.[name]?.toString();
