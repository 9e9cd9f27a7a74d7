import { Kafka, logLevel, type Consumer, type Producer } from 'kafkajs';
import type { Script } from '../script';
import type { Row, Stage } from '../stage';
import { headerTables, hostileRows, notHuge, rows } from './hostile-rows';

interface Actors {
  kafka: Kafka;
  producer: Producer;
  consumer: Consumer;
}

/** One partition: the order of records is then that of the calls. */
const topic = 'orders';

const config = (address: string) => ({
  clientId: 'shop',
  brokers: [address],
  logLevel: logLevel.NOTHING,
  retry: { retries: 0, initialRetryTime: 1, restartOnFailure: () => Promise.resolve(false) },
});

async function start(address: string): Promise<Actors> {
  const kafka = new Kafka(config(address));
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  return { kafka, producer, consumer: kafka.consumer({ groupId: 'never-connected' }) };
}

const send = ({ producer }: Actors, stage: Stage, record: unknown) => stage.call('Producer.send', producer, record);
const sendOne = (actors: Actors, stage: Stage, message: unknown) => send(actors, stage, { topic, messages: [message] });

/** A producer that was once given a topic that is none asks for it ever after. */
async function onThrowaway({ kafka }: Actors, stage: Stage, method: 'send' | 'sendBatch', argument: unknown) {
  const producer = kafka.producer();
  await producer.connect();
  await stage.call(`Producer.${method}`, producer, argument);
  await producer.disconnect();
}

const hostile = hostileRows<Actors>({
  'a record': (stage, actors, value) => onThrowaway(actors, stage, 'send', value),
  'a topic': (stage, actors, value) => onThrowaway(actors, stage, 'send', { topic: value, messages: [{ value: 'x' }] }),
  messages: (stage, actors, value) => send(actors, stage, { topic, messages: value }),
  'a message': (stage, actors, value) => sendOne(actors, stage, value),
  'a message among others': (stage, actors, value) => send(actors, stage, { topic, messages: [{ value: 'x' }, value] }),
  'a value': (stage, actors, value) => sendOne(actors, stage, { value }),
  'a key': (stage, actors, value) => sendOne(actors, stage, { key: notHuge(value), value: 'x' }),
  headers: (stage, actors, value) => sendOne(actors, stage, { value: 'x', headers: notHuge(value) }),
  'a header': (stage, actors, value) => sendOne(actors, stage, { value: 'x', headers: { tenant: value } }),
  'a header in a list': (stage, actors, value) =>
    sendOne(actors, stage, { value: 'x', headers: { tenant: ['a', value] } }),
  'a traceparent': (stage, actors, value) => sendOne(actors, stage, { value: 'x', headers: { traceparent: value } }),
  'a partition': (stage, actors, value) => sendOne(actors, stage, { value: 'x', partition: value }),
  'a timestamp': (stage, actors, value) => sendOne(actors, stage, { value: 'x', timestamp: value }),
  'a batch': (stage, actors, value) => onThrowaway(actors, stage, 'sendBatch', value),
  'topics of a batch': (stage, actors, value) => onThrowaway(actors, stage, 'sendBatch', { topicMessages: value }),
  'a topic of a batch': (stage, actors, value) => onThrowaway(actors, stage, 'sendBatch', { topicMessages: [value] }),
  'messages of a batch': (stage, actors, value) =>
    onThrowaway(actors, stage, 'sendBatch', { topicMessages: [{ topic, messages: value }] }),
  'a record whose promise nobody looks at': (stage, { producer }, value) =>
    stage.start('Producer.send', producer, { topic, messages: value }),
  'the configuration of a producer': (stage, { kafka }, value) => stage.call('Kafka.producer', kafka, value),
  'the configuration of a consumer': (stage, { kafka }, value) => stage.call('Kafka.consumer', kafka, value),
  'a place to seek': (stage, { consumer }, value) => stage.call('Consumer.seek', consumer, value),
  'topics to pause': (stage, { consumer }, value) => stage.call('Consumer.pause', consumer, value),
  'offsets to commit': (stage, { consumer }, value) => stage.call('Consumer.commitOffsets', consumer, value),
});

const headers: Row<Actors>[] = Object.entries(headerTables).flatMap(([name, make]) => [
  { name, play: (stage, actors) => sendOne(actors, stage, { value: 'x', headers: make() }) },
  {
    name: `${name}, shared by messages that are sent twice`,
    async play(stage, actors) {
      const message = { value: 'x', headers: make() };
      const record = { topic, messages: [message, message] };
      await send(actors, stage, record);
      await send(actors, stage, record);
    },
  },
]);

const ordinary = rows<Actors>({
  'everything frozen': (stage, actors) =>
    send(
      actors,
      stage,
      Object.freeze({ topic, messages: Object.freeze([Object.freeze({ value: 'x', headers: Object.freeze({}) })]) }),
    ),
});

export const kafkajs: Script<Actors> = {
  start,
  stop: ({ producer }) => producer.disconnect(),
  rows: [...hostile, ...headers, ...ordinary],
};
