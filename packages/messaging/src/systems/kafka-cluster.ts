import type { ActiveOperation } from '../active-operation';
import { activeOperation } from '../operation-context';
import type { Operation } from '../types';

/* What a Kafka client learns of its cluster on the way, alike for every library. */

const MAX_BROKERS = 1000;
/** An event for each topic's partition that records of one call went to. */
const MAX_EVENTS = 32;
/** By host and port. */
const clusterIds = new Map<string, string>();

/** The answer to a Metadata request. */
export interface KafkaMetadata {
  /** From version 2 of the request. */
  clusterId?: string | null;
  brokers: readonly { host: string; port: number }[];
}

/** Where a broker put the records of one partition. */
export interface AppendedRecords {
  topic: string;
  partition: number;
  /** Of the first one; left out without acknowledgement. */
  offset?: number;
}

/** @param asked the broker that answered: a bootstrap address need not be one that the cluster tells */
export function learnCluster(asked: string, { clusterId, brokers }: KafkaMetadata): void {
  if (!clusterId || clusterIds.size > MAX_BROKERS) return;
  clusterIds.set(asked, clusterId);
  for (const { host, port } of brokers) clusterIds.set(`${host}:${port}`, clusterId);
}

/** Undefined until the client has asked for metadata by itself. */
export const clusterIdOf = (broker: string): string | undefined => clusterIds.get(broker);

/** The leader that takes the messages of the send that is active. With several, none is the server of the operation. */
export function learnLeader(address: string, port: number): void {
  const active = activeOperation();
  // A send of an ignored topic, in the processing of a message, says nothing of that.
  if (active?.type !== 'send') return;
  const { operation }: { operation: Operation<unknown> } = active;
  const { server } = operation;
  operation.server = server && (server.address !== address || server.port !== port) ? {} : { address, port };
}

/** Partition and offset: on the span where there is one, else as events. */
export function learnAppended<M>(active: ActiveOperation<M>, records: readonly AppendedRecords[]): void {
  const destinationPartitionId = records.length === 1 ? String(records[0].partition) : undefined;
  const isOne = active.operation.messages.length === 1;
  if (destinationPartitionId !== undefined || isOne) {
    active.set({ destinationPartitionId, kafkaOffset: isOne ? records[0]?.offset : undefined });
  }
  if (isOne) return;
  for (const { topic, partition, offset } of records.slice(0, MAX_EVENTS)) {
    active.addEvent('recordsAppended', {
      destinationName: topic,
      destinationPartitionId: String(partition),
      kafkaOffset: offset,
    });
  }
}
