import { Writer, type Reader } from '../codec';
import { ErrorCode, KafkaError } from '../errors';
import { parseRecordSet } from '../record-batch';
import type { BrokerState, KafkaRequest } from '../request';

interface PartitionData {
  readonly partition: number;
  readonly recordSet: Buffer;
}

const NO_OFFSET = -1;
const NO_TIMESTAMP = -1;

export function produce({ broker, version, body }: KafkaRequest): Writer | undefined {
  const transactionalId = version >= 3 ? body.nullableString() : null;
  const acks = body.int16();
  body.int32(); // timeout: an append is never slow
  const topics = body.array(reader => ({ topic: reader.string(), partitions: reader.array(readPartition) }));
  const writer = new Writer();
  writer.array(topics, ({ topic, partitions }) => {
    writer.string(topic).array(partitions, data => {
      const { error, offset } = store(broker, transactionalId, topic, data);
      writer.int32(data.partition).int16(error).int64(offset).int64(NO_TIMESTAMP);
    });
  });
  writer.int32(0); // throttle time: here it comes last
  return acks === 0 ? undefined : writer;
}

function readPartition(reader: Reader): PartitionData {
  return { partition: reader.int32(), recordSet: reader.bytes() };
}

function store(broker: BrokerState, transactionalId: string | null, topic: string, data: PartitionData) {
  try {
    return { error: ErrorCode.NONE, offset: append(broker, transactionalId, topic, data) };
  } catch (error) {
    if (error instanceof KafkaError) return { error: error.code, offset: NO_OFFSET };
    throw error;
  }
}

function append(broker: BrokerState, transactionalId: string | null, topic: string, data: PartitionData): number {
  const log = broker.topics.log(topic, data.partition);
  if (!log) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const batches = parseRecordSet(data.recordSet, broker.messageFormat);
  if (transactionalId === null) return log.append(batches);
  broker.transactions.stage(transactionalId, () => log.append(batches));
  return log.endOffset;
}
