/** Requests of idempotent and transactional producers. */
import { response, type Writer } from '../codec';
import { ErrorCode } from '../errors';
import type { KafkaRequest } from '../request';
import { readOffsets } from './offsets';

export function initProducerId({ broker, version, body }: KafkaRequest): Writer {
  const producerId = broker.transactions.initProducer(body.nullableString());
  const epoch = 0;
  return response(version).int16(ErrorCode.NONE).int64(producerId).int16(epoch);
}

export function addPartitionsToTxn({ broker, version, body }: KafkaRequest): Writer {
  skipProducer(body);
  const topics = body.array(reader => ({ topic: reader.string(), partitions: reader.array(() => reader.int32()) }));
  const writer = response(version);
  return writer.array(topics, ({ topic, partitions }) => {
    writer.string(topic).array(partitions, partition => {
      const known = broker.topics.log(topic, partition);
      writer.int32(partition).int16(known ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    });
  });
}

/** Nothing to remember: the offsets themselves follow in TxnOffsetCommit. */
export function addOffsetsToTxn({ version }: KafkaRequest): Writer {
  return response(version).int16(ErrorCode.NONE);
}

export function txnOffsetCommit({ broker, version, body }: KafkaRequest): Writer {
  const transactionalId = body.string();
  const group = broker.groups.get(body.string());
  body.int64(); // producer id
  body.int16(); // producer epoch
  const writer = response(version);
  return writer.array(readOffsets(body), ({ topic, partitions }) => {
    writer.string(topic).array(partitions, ({ partition, ...committed }) => {
      broker.transactions.stage(transactionalId, () => group.offsets.set(topic, partition, committed));
      writer.int32(partition).int16(ErrorCode.NONE);
    });
  });
}

export function endTxn({ broker, version, body }: KafkaRequest): Writer {
  const transactionalId = skipProducer(body);
  broker.transactions.end(transactionalId, body.boolean());
  return response(version).int16(ErrorCode.NONE);
}

/** Transactional id, producer id and epoch: only the first is looked at, as nobody is fenced off here. */
function skipProducer(body: KafkaRequest['body']): string {
  const transactionalId = body.string();
  body.int64();
  body.int16();
  return transactionalId;
}
