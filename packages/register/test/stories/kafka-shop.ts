import { uniqueName } from '@queuetrace/test-utils';
import {
  Kafka,
  logLevel,
  type Consumer,
  type ConsumerRunConfig,
  type EachMessageHandler,
  type Producer,
} from 'kafkajs';

const retry = { initialRetryTime: 20, maxRetryTime: 50, retries: 1000 };

/** A producer, and consumers of topics of one partition, unless asked for more. */
export class KafkaShop {
  private _kafka?: Kafka;
  private _producer?: Producer;

  constructor(private readonly _address: () => string) {}

  async open(topics: readonly string[], numPartitions = 1): Promise<void> {
    this._kafka = new Kafka({ brokers: [this._address()], logLevel: logLevel.NOTHING, retry });
    const admin = this._kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: topics.map(topic => ({ topic, numPartitions })), waitForLeaders: true });
    await admin.disconnect();
    this._producer = this._kafka.producer();
    await this._producer.connect();
  }

  get producer(): Producer {
    return this._producer!;
  }

  /** A consumer, by default of a group of its own, from the first message on. */
  async consume(
    topic: string,
    handler: EachMessageHandler | ConsumerRunConfig,
    groupId = uniqueName('group'),
  ): Promise<Consumer> {
    const consumer = this._kafka!.consumer({ groupId, maxWaitTimeInMs: 100, heartbeatInterval: 100, retry });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run(typeof handler === 'function' ? { eachMessage: handler } : handler);
    return consumer;
  }

  async close(): Promise<void> {
    await this._producer?.disconnect();
  }
}
