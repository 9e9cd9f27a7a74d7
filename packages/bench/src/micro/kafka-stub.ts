import type { ConsumerRunConfig, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { load, stubModule } from '../library';

export const BROKER = { host: '127.0.0.1', port: 9092 };
export const TOPIC = 'orders';
export const GROUP = 'shop';
export const CLIENT_ID = 'bench';

/* kafkajs with its own `Kafka`, and behind it a broker that answers at once and a consumer that only keeps handlers:
 * what is left is what is done around the calls. */

class StubbedBroker {
  connectionPool = BROKER;
  brokerAddress = `${BROKER.host}:${BROKER.port}`;

  async produce({ topicData }: { topicData: unknown[] }) {
    void topicData;
    return [{ topicName: TOPIC, partition: 0, errorCode: 0, baseOffset: '0' }];
  }
  async metadata() {
    return { clusterId: 'stub', brokers: [BROKER] };
  }
}

const EVENTS = { REQUEST: 'network.request', CONNECT: 'connect', GROUP_JOIN: 'group_join' };

/** The library tells of a client's first request. */
function tellRequest(event: string, listener: (event: object) => void): () => void {
  const payload = { clientId: CLIENT_ID, broker: `${BROKER.host}:${BROKER.port}` };
  if (event === EVENTS.REQUEST) setImmediate(listener, { payload });
  return () => {};
}

export type Handlers = Pick<Required<ConsumerRunConfig>, 'eachMessage' | 'eachBatch'>;

export interface StubbedConsumer {
  handlers: Handlers;
  run(config: ConsumerRunConfig): Promise<void>;
}

export function loadStubbedKafka(): Kafka {
  stubModule('kafkajs/src/broker/index.js', StubbedBroker);
  stubModule('kafkajs/src/producer/index.js', () => {
    const broker = new (load('kafkajs/src/broker/index.js') as typeof StubbedBroker)();
    const produce = () => broker.produce({ topicData: [] });
    return { events: EVENTS, on: tellRequest, send: produce, sendBatch: produce };
  });
  stubModule('kafkajs/src/consumer/index.js', () => ({
    events: EVENTS,
    on: tellRequest,
    async run(this: StubbedConsumer, config: Handlers) {
      this.handlers = config;
    },
  }));
  const { Kafka, logLevel } = load('kafkajs') as typeof import('kafkajs');
  return new Kafka({ clientId: CLIENT_ID, brokers: ['127.0.0.1:9092'], logLevel: logLevel.NOTHING });
}

let offset = 0;

/** As a fetch gives them. */
export function consumedMessages(count: number, headerOf: (index: number) => Buffer): KafkaMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    key: Buffer.from('key'),
    value: Buffer.from('value'),
    timestamp: String(Date.now()),
    attributes: 0,
    offset: String(offset++),
    headers: { traceparent: headerOf(index) },
  }));
}

export function batchOf(messages: KafkaMessage[]): EachBatchPayload {
  const firstOffset = () => messages[0].offset;
  const batch = { topic: TOPIC, partition: 0, highWatermark: '0', messages, firstOffset };
  return { batch, isRunning: () => true, isStale: () => false } as unknown as EachBatchPayload;
}
