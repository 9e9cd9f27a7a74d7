import { diag } from '@opentelemetry/api';
import type { ActiveOperation } from '../active-operation';
import { activeOperation } from '../operation-context';
import type { KafkaMessage } from './kafka';

/* What a Kafka client learns of the records that it sends, alike for every library. */

/** An event for each topic's partition that records of one call went to. */
const MAX_EVENTS = 32;
/** Of the Produce request, since Kafka 0.11. */
const FIRST_VERSION_WITH_HEADERS = 3;
let isToldOfHeaders = false;

/** The broker that takes messages of a partition. */
interface Leader {
  address: string;
  port: number;
  /** The newest version of the Produce request that it knows. */
  produceVersion?: number;
}

/** Where a broker put the records of one partition, as KafkaJS and clients after its model say it. */
export interface AppendedRecords {
  topicName: string;
  partition: number;
  /** Of the first one; left out, or negative, without acknowledgement. */
  baseOffset?: string;
  /** As `baseOffset`, from brokers before 0.11. */
  offset?: string;
}

/** The messages of one topic that one request takes to the broker, in their order there. */
export interface ProducedTopic {
  topic: string;
  partitions: readonly { partition: number; messages: readonly KafkaMessage[] }[];
}

/** By send, where its messages have spans of their own: what its requests were. */
const requests = new WeakMap<ActiveOperation<KafkaMessage>, ProducedTopic[]>();

/** A request of the send that is active. With several leaders, none is the server of the operation. */
export function learnProduced({ address, port, produceVersion }: Leader, topics: readonly ProducedTopic[]): void {
  const active = activeOperation() as ActiveOperation<KafkaMessage> | undefined;
  // A send of an ignored topic, in the processing of a message, says nothing of that.
  if (active?.type !== 'send') return;
  if (produceVersion !== undefined && produceVersion < FIRST_VERSION_WITH_HEADERS) tellOfHeaders(address, port);
  const { server } = active.operation;
  active.operation.server = server && (server.address !== address || server.port !== port) ? {} : { address, port };
  if (active.created) requests.set(active, [...topics, ...(requests.get(active) ?? [])]);
}

/** Partition and offset: on the span where there is one, else on the spans of the messages, else as events. */
export function learnAppended(active: ActiveOperation<KafkaMessage>, records: readonly AppendedRecords[]): void {
  if (active.created) for (const one of records) setPlaces(active, one);
  const destinationPartitionId = records.length === 1 ? String(records[0].partition) : undefined;
  const isOne = active.operation.messages.length === 1;
  if (destinationPartitionId !== undefined || isOne) {
    active.set({ destinationPartitionId, kafkaOffset: isOne ? offsetIn(records[0]) : undefined });
  }
  if (isOne || active.created) return;
  for (const one of records.slice(0, MAX_EVENTS)) {
    active.addEvent('recordsAppended', {
      destinationName: one.topicName,
      destinationPartitionId: String(one.partition),
      kafkaOffset: offsetIn(one),
    });
  }
}

function setPlaces(active: ActiveOperation<KafkaMessage>, records: AppendedRecords): void {
  const topics = requests.get(active)?.filter(({ topic }) => topic === records.topicName) ?? [];
  const produced = topics.flatMap(one => one.partitions).find(one => one.partition === records.partition);
  const first = offsetIn(records);
  for (const [index, message] of produced?.messages.entries() ?? []) {
    active.created?.set(message, {
      destinationPartitionId: String(records.partition),
      kafkaOffset: first === undefined ? undefined : first + index,
    });
  }
}

function offsetIn({ baseOffset = '-1', offset = baseOffset }: Partial<AppendedRecords> = {}): number | undefined {
  return Number(offset) < 0 ? undefined : Number(offset);
}

function tellOfHeaders(address: string, port: number): void {
  if (isToldOfHeaders) return;
  isToldOfHeaders = true;
  diag.warn(
    `queuetrace: the Kafka broker ${address}:${port} takes no headers (before version 0.11): messages sent there carry no context`,
  );
}
