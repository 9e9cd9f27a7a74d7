/** Requests about offsets: those of a log, and those that a group has committed. */
import { response, type Reader, type Writer } from '../codec';
import { ErrorCode } from '../errors';
import type { Group } from '../group';
import type { PartitionLog } from '../log';
import type { KafkaRequest } from '../request';

const LATEST = -1;
const EARLIEST = -2;
const UNKNOWN = { offset: -1, timestamp: -1 };

export function listOffsets({ broker, version, body }: KafkaRequest): Writer {
  body.int32(); // replica id
  if (version >= 2) body.int8(); // isolation level
  const writer = response(version, 2);
  const topics = body.array(reader => ({
    topic: reader.string(),
    partitions: reader.array(() => ({ partition: reader.int32(), time: Number(reader.int64()) })),
  }));
  return writer.array(topics, ({ topic, partitions }) => {
    writer.string(topic).array(partitions, ({ partition, time }) => {
      const log = broker.topics.log(topic, partition);
      const { timestamp, offset } = log ? offsetAt(log, time) : UNKNOWN;
      writer.int32(partition).int16(log ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      writer.int64(timestamp).int64(offset);
    });
  });
}

function offsetAt(log: PartitionLog, time: number): { offset: number; timestamp: number } {
  if (time === LATEST) return { offset: log.endOffset, timestamp: -1 };
  if (time === EARLIEST) return { offset: 0, timestamp: -1 };
  return log.firstBatchSince(time) ?? UNKNOWN;
}

export interface OffsetsOfTopic {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly offset: bigint;
    readonly metadata: string | null;
  }[];
}

export function readOffsets(body: Reader): OffsetsOfTopic[] {
  return body.array(reader => ({
    topic: reader.string(),
    partitions: reader.array(() => ({
      partition: reader.int32(),
      offset: reader.int64(),
      metadata: reader.nullableString(),
    })),
  }));
}

export function offsetCommit({ broker, version, body }: KafkaRequest): Writer {
  const group = broker.groups.get(body.string());
  const error = mayCommit(group, body.int32(), body.string());
  body.int64(); // retention time: offsets are kept for good
  const writer = response(version, 3);
  return writer.array(readOffsets(body), ({ topic, partitions }) => {
    writer.string(topic).array(partitions, ({ partition, ...committed }) => {
      if (!error) group.offsets.set(topic, partition, committed);
      writer.int32(partition).int16(error);
    });
  });
}

function mayCommit(group: Group, generation: number, memberId: string): ErrorCode {
  // A negative generation is no member's: somebody sets the offsets of a group from outside, so it must be empty.
  if (generation < 0) return group.members.size > 0 ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NONE;
  const error = group.check(memberId, generation);
  // Members commit what they have done while a rebalance waits for them to join again.
  return error === ErrorCode.REBALANCE_IN_PROGRESS ? ErrorCode.NONE : error;
}

export function offsetFetch({ broker, version, body }: KafkaRequest): Writer {
  const { offsets } = broker.groups.get(body.string());
  const topics = body.nullableArray(reader => ({
    topic: reader.string(),
    partitions: reader.array(() => reader.int32()),
  }));
  const writer = response(version, 3);
  writer.array(topics ?? offsets.all(), ({ topic, partitions }) => {
    writer.string(topic).array(partitions, partition => {
      const committed = offsets.get(topic, partition);
      writer.int32(partition).int64(committed?.offset ?? -1);
      writer.string(committed ? committed.metadata : '').int16(ErrorCode.NONE);
    });
  });
  return version >= 2 ? writer.int16(ErrorCode.NONE) : writer;
}
