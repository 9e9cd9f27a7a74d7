import { randomUUID } from 'node:crypto';
import type { ConsumerRunConfig, EachBatchHandler, EachMessageHandler, Kafka, Producer } from 'kafkajs';
import { tracedEachBatch, tracedEachMessage, tracedSend } from '../by-hand/kafka';
import { load } from '../library';
import type { Mode } from '../modes';
import type { MacroCase } from './case';

const SENDS = 150;
const BATCH = 100;
const COUNT = SENDS * BATCH;

export async function kafkaCases(mode: Mode, address: string): Promise<MacroCase[]> {
  const { Kafka, logLevel } = load('kafkajs') as typeof import('kafkajs');
  const kafka = new Kafka({ clientId: 'bench', brokers: [address], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  const [host, port] = address.split(':');
  const facts = { clientId: 'bench', groupId: randomUUID(), host, port: Number(port) };
  const send = mode === 'by hand' ? tracedSend(producer, facts) : producer.send.bind(producer);
  const topic = await newTopic(kafka);
  return [
    { name: 'Kafka send of 100', messages: COUNT, run: () => fill(send, topic) },
    await consuming('Kafka eachMessage', kafka, send, handled => {
      const eachMessage: EachMessageHandler = async () => handled(1);
      return { eachMessage: mode === 'by hand' ? tracedEachMessage(eachMessage, facts) : eachMessage };
    }),
    await consuming('Kafka eachBatch', kafka, send, handled => {
      const eachBatch: EachBatchHandler = async ({ batch }) => handled(batch.messages.length);
      return { eachBatch: mode === 'by hand' ? tracedEachBatch(eachBatch, facts) : eachBatch };
    }),
  ];
}

async function newTopic(kafka: Kafka): Promise<string> {
  const admin = kafka.admin();
  const topic = `bench-${randomUUID()}`;
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
  return topic;
}

async function fill(send: Producer['send'], topic: string): Promise<void> {
  for (let call = 0; call < SENDS; call++) {
    await send({ topic, messages: Array.from({ length: BATCH }, () => ({ key: 'key', value: 'value' })) });
  }
}

/** The handler, which tells how many messages it has handled. */
type Configure = (handled: (count: number) => void) => ConsumerRunConfig;

/** The consumer waits while its messages are sent: what is measured begins with the fetch. */
async function consuming(name: string, kafka: Kafka, send: Producer['send'], configure: Configure): Promise<MacroCase> {
  const topic = await newTopic(kafka);
  const groupId = randomUUID();
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  let [open, done] = [0, () => {}];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const config = configure(count => {
    open -= count;
    if (open === 0) done();
  });
  const joined = new Promise(resolve => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run(config);
  await joined;
  return {
    name,
    messages: COUNT,
    async prepare() {
      consumer.pause([{ topic }]);
      open = COUNT;
      await fill(send, topic);
    },
    async run() {
      const handled = new Promise<void>(resolve => (done = resolve));
      consumer.resume([{ topic }]);
      if (open > 0) await handled;
    },
  };
}
