import type { EachBatchPayload, EachMessagePayload, Producer, ProducerRecord } from 'kafkajs';
import { tracedEachBatch, tracedEachMessage, tracedSend } from '../by-hand/kafka';
import type { Mode } from '../modes';
import type { Case } from './case';
import {
  batchOf,
  BROKER,
  CLIENT_ID,
  consumedMessages,
  GROUP,
  loadStubbedKafka,
  TOPIC,
  type Handlers,
  type StubbedConsumer,
} from './kafka-stub';
import { traceparent } from './traceparents';

const FACTS = { clientId: CLIENT_ID, groupId: GROUP, ...BROKER };

export async function kafkaCases(mode: Mode): Promise<Case[]> {
  const kafka = loadStubbedKafka();
  const producer = kafka.producer();
  const send = mode === 'by hand' ? tracedSend(producer, FACTS) : (record: ProducerRecord) => producer.send(record);
  const whole = await consuming(mode, kafka.consumer({ groupId: GROUP }) as never, readWhole);
  const looped = await consuming(mode, kafka.consumer({ groupId: GROUP }) as never, readInLoop);
  // The first request has said who the clients are.
  await new Promise(setImmediate);
  const shared = () => {
    const header = Buffer.from(traceparent());
    return () => header;
  };
  const distinct = () => () => Buffer.from(traceparent());
  return [
    sending(1, send),
    sending(100, send),
    sending(10_000, send),
    eachMessage(whole),
    eachBatch('Kafka eachBatch of 1', 1, whole, distinct),
    eachBatch('Kafka eachBatch of 100, one context', 100, whole, shared),
    eachBatch('Kafka eachBatch of 100, 100 contexts', 100, whole, distinct),
    eachBatch('Kafka eachBatch of 100, one context, for…of', 100, looped, shared),
    eachBatch('Kafka eachBatch of 10,000, one context', 10_000, whole, shared),
  ];
}

/** Without an iterator, so that nobody can tell one message's work from the next one's. */
async function readWhole({ batch }: EachBatchPayload): Promise<void> {
  for (let index = 0; index < batch.messages.length; index++) void batch.messages[index].value;
}

async function readInLoop({ batch }: EachBatchPayload): Promise<void> {
  for (const message of batch.messages) void message.value;
}

async function consuming(mode: Mode, consumer: StubbedConsumer, eachBatch: Handlers['eachBatch']): Promise<Handlers> {
  const handlers: Handlers = { eachMessage: async () => {}, eachBatch };
  const traced = {
    eachMessage: tracedEachMessage(handlers.eachMessage, FACTS),
    eachBatch: tracedEachBatch(handlers.eachBatch, FACTS),
  };
  await consumer.run(mode === 'by hand' ? traced : handlers);
  return consumer.handlers;
}

function sending(count: number, send: Producer['send']): Case {
  let records: ProducerRecord[] = [];
  return {
    name: `Kafka send of ${count.toLocaleString('en')}`,
    messages: count,
    prepare(calls) {
      records = Array.from({ length: calls }, () => ({ topic: TOPIC, messages: producedMessages(count) }));
    },
    call: index => send(records[index]),
  };
}

const producedMessages = (count: number) =>
  Array.from({ length: count }, () => ({ key: 'key', value: 'value', headers: { kind: 'order' } }));

function eachMessage({ eachMessage }: Handlers): Case {
  let payloads: EachMessagePayload[] = [];
  return {
    name: 'Kafka eachMessage',
    messages: 1,
    prepare(calls) {
      const messages = consumedMessages(calls, () => Buffer.from(traceparent()));
      payloads = messages.map(message => ({ topic: TOPIC, partition: 0, message }) as EachMessagePayload);
    },
    call: index => eachMessage(payloads[index]),
  };
}

type HeaderOf = (index: number) => Buffer;

function eachBatch(name: string, count: number, { eachBatch }: Handlers, headers: () => HeaderOf): Case {
  let payloads: EachBatchPayload[] = [];
  return {
    name,
    messages: count,
    prepare(calls) {
      payloads = Array.from({ length: calls }, () => batchOf(consumedMessages(count, headers())));
    },
    call: index => eachBatch(payloads[index]),
  };
}
