import { CompressionTypes, Kafka, type Transaction } from 'kafkajs';
import type { Row, Stage } from '../../stage';
import { valueText } from '../../value-text';
import { headerTables, hostileRows, notHuge, rows } from '../hostile-rows';
import { config, topic, type Actors } from './actors';

const send = ({ producer }: Actors, stage: Stage, record: unknown) => stage.call('Producer.send', producer, record);
const sendOne = (actors: Actors, stage: Stage, message: unknown) => send(actors, stage, { topic, messages: [message] });

/** A producer that was once given a topic that is none asks for it ever after. */
async function onThrowaway({ kafka }: Actors, stage: Stage, method: 'send' | 'sendBatch', argument: unknown) {
  const producer = kafka.producer();
  await producer.connect();
  await stage.call(`Producer.${method}`, producer, argument);
  await producer.disconnect();
}

/** kafkajs wants it to retry. */
const idempotent = { idempotent: true, retry: { retries: 1 } };
const transactional = (transactionalId: string) => ({ ...idempotent, transactionalId, maxInFlightRequests: 1 });

let transactions = 0;

async function inOwnTransaction({ kafka }: Actors, stage: Stage, method: string, argument: unknown): Promise<void> {
  const producer = kafka.producer(transactional(`own-${transactions++}`));
  await producer.connect();
  const transaction = await producer.transaction();
  await stage.call(`Transaction.${method}`, transaction, argument);
  await stage.call('Transaction.abort', transaction);
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
    stage.abandon('Producer.send', producer, { topic, messages: value }),
  'a record of a transaction': (stage, actors, value) => inOwnTransaction(actors, stage, 'send', value),
  'messages of a transaction': (stage, actors, value) =>
    inOwnTransaction(actors, stage, 'send', { topic, messages: value }),
  'topics of a transaction': (stage, actors, value) =>
    inOwnTransaction(actors, stage, 'sendBatch', { topicMessages: value }),
  'the configuration of a producer': (stage, { kafka }, value) => stage.call('Kafka.producer', kafka, value),
  'the configuration of a consumer': (stage, { kafka }, value) => stage.call('Kafka.consumer', kafka, value),
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

/* eslint-disable @typescript-eslint/no-explicit-any -- of many kinds. */

/** As some wrap it who are not us. */
class Shop extends Kafka {
  override producer(...args: Parameters<Kafka['producer']>) {
    const producer = super.producer(...args);
    return {
      ...producer,
      send: (record: Parameters<typeof producer.send>[0]) => producer.send({ ...record, acks: 1 }),
    };
  }
}

async function withProducer(
  { kafka }: Pick<Actors, 'kafka'>,
  stage: Stage,
  settings: object,
  work: (producer: any) => unknown,
) {
  const producer = await stage.call('Kafka.producer', kafka, settings);
  await stage.call('Producer.connect', producer);
  await work(producer);
  await stage.call('Producer.disconnect', producer);
}

const record = { topic, messages: [{ value: 'x' }] };
const inTransaction =
  (id: string, work: (stage: Stage, transaction: Transaction) => Promise<unknown>): Row<Actors>['play'] =>
  (stage, actors) =>
    withProducer(actors, stage, transactional(id), async producer => {
      const transaction = (await stage.call('Producer.transaction', producer)) as Transaction;
      await stage.call('Transaction.send', transaction, record);
      stage.start('Transaction.isActive', transaction);
      await work(stage, transaction);
      stage.start('Transaction.isActive', transaction);
      await stage.call('Transaction.send', transaction, record);
    });

const ordinary = rows<Actors>({
  'everything frozen': (stage, actors) =>
    send(
      actors,
      stage,
      Object.freeze({ topic, messages: Object.freeze([Object.freeze({ value: 'x', headers: Object.freeze({}) })]) }),
    ),
  'a producer, from connect to disconnect, and after it': (stage, actors) =>
    withProducer(actors, stage, idempotent, async producer => {
      const { CONNECT, DISCONNECT } = producer.events;
      const remove = stage.start('Producer.on', producer, CONNECT, () => stage.note('removed'));
      stage.apply('RemoveInstrumentationEventListener', remove);
      stage.start('Producer.on', producer, DISCONNECT, ({ type }: { type: string }) => stage.note(type));
      stage.start('Producer.on', producer, 'no event', () => {});
      stage.start('Producer.isIdempotent', producer);
      stage.start('Producer.logger', producer);
      await stage.call('Producer.send', producer, record);
      await stage.call('Producer.sendBatch', producer, { topicMessages: [record, record], acks: -1 });
      await stage.call('Producer.transaction', producer);
      await stage.call('Producer.disconnect', producer);
      await stage.call('Producer.send', producer, record);
    }),
  'a transaction that is committed': inTransaction('committed', async (stage, transaction) => {
    await stage.call('Transaction.sendBatch', transaction, { topicMessages: [record] });
    const topics = [{ topic, partitions: [{ partition: 0, offset: '1' }] }];
    await stage.call('Transaction.sendOffsets', transaction, { consumerGroupId: 'sent', topics });
    await stage.call('Transaction.commit', transaction);
    await stage.call('Transaction.commit', transaction);
  }),
  'a transaction that is aborted': inTransaction('aborted', async (stage, transaction) => {
    await stage.call('Transaction.abort', transaction);
    await stage.call('Transaction.abort', transaction);
  }),
  'a compressed record': (stage, { producer }) =>
    stage.call('Producer.send', producer, { ...record, compression: CompressionTypes.GZIP }),
  'a record in a compression that is not there': (stage, { producer }) =>
    stage.call('Producer.send', producer, { ...record, compression: CompressionTypes.ZSTD }),
  'no acknowledgement': (stage, { producer }) => stage.call('Producer.send', producer, { ...record, acks: 0 }),
  'a partitioner of the app': (stage, actors) => {
    const createPartitioner = () => (given: unknown) => {
      stage.note(`partitioner called with ${valueText(given)}`);
      return 0;
    };
    // It is given the message with our headers.
    const messages = [{ value: 'x', headers: { tenant: 'a' } }];
    return withProducer(actors, stage, { createPartitioner }, producer =>
      stage.call('Producer.send', producer, { topic, messages }),
    );
  },
  'a partitioner that throws': (stage, actors) => {
    const createPartitioner = () => () => {
      throw new RangeError('in a partitioner');
    };
    return withProducer(actors, stage, { createPartitioner }, producer =>
      stage.call('Producer.send', producer, record),
    );
  },
  'a subclass of Kafka': (stage, { address }) =>
    withProducer({ kafka: new Shop(config(address)) }, stage, {}, producer =>
      stage.call('Producer.send', producer, record),
    ),
  'a producer that somebody has patched': (stage, actors) =>
    withProducer(actors, stage, {}, producer => {
      const { send } = producer;
      producer.send = (...args: unknown[]) => {
        stage.note(`patched send of ${valueText(args)}`);
        return send(...args);
      };
      return stage.call('Producer.send', producer, record);
    }),
  'a frozen producer': (stage, actors) =>
    withProducer(actors, stage, {}, producer => stage.call('Producer.send', Object.freeze(producer), record)),
  'many sends at once': (stage, { producer }) =>
    Promise.all(
      Array.from({ length: 20 }, (_, index) => producer.send({ topic, messages: [{ value: `${index}` }] })),
    ).then(results => stage.note(valueText(results))),
});

export const producerRows: Row<Actors>[] = [...hostile, ...headers, ...ordinary];
