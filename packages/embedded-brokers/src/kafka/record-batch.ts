import { ErrorCode, KafkaError } from './errors';

/**
 * A record batch (format 2) as its producer wrote it, or a single message (format 1). Only its base offset is ever overwritten, and that lies outside
 * the batch's checksum: so headers, timestamps and compression stay as they were, byte for byte.
 */
export interface RecordBatch {
  readonly bytes: Buffer;
  readonly recordCount: number;
  readonly maxTimestamp: number;
}

/** Kafka's default `message.max.bytes`. */
const MAX_BATCH_BYTES = 1048588;
/** The base offset and the length field itself, which the length does not count. */
const LENGTH_PREFIX_BYTES = 12;
const HEADER_BYTES = 61;
/** Behind the attributes, in format 1. */
const MESSAGE_TIMESTAMP = 18;
const Field = { length: 8, magic: 16, lastOffsetDelta: 23, maxTimestamp: 35 } as const;

/** Cuts what a producer sent for one partition into its batches. */
export function parseRecordSet(recordSet: Buffer, format: 1 | 2): RecordBatch[] {
  const batches: RecordBatch[] = [];
  const parse = format === 1 ? parseMessage : parseBatch;
  for (let offset = 0; offset < recordSet.length;) {
    const batch = parse(recordSet.subarray(offset));
    batches.push(batch);
    offset += batch.bytes.length;
  }
  return batches;
}

function parseBatch(bytes: Buffer): RecordBatch {
  if (bytes.length < HEADER_BYTES) throw new KafkaError(ErrorCode.CORRUPT_MESSAGE);
  if (bytes[Field.magic] !== 2) throw new KafkaError(ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT);
  const length = LENGTH_PREFIX_BYTES + bytes.readInt32BE(Field.length);
  if (length < HEADER_BYTES || length > bytes.length) throw new KafkaError(ErrorCode.CORRUPT_MESSAGE);
  if (length > MAX_BATCH_BYTES) throw new KafkaError(ErrorCode.MESSAGE_TOO_LARGE);
  return {
    // A copy: the request's buffer would otherwise be kept alive whole for the sake of a small batch.
    bytes: Buffer.from(bytes.subarray(0, length)),
    recordCount: bytes.readInt32BE(Field.lastOffsetDelta) + 1,
    maxTimestamp: Number(bytes.readBigInt64BE(Field.maxTimestamp)),
  };
}

/** Not compressed: then it would hold others. */
function parseMessage(bytes: Buffer): RecordBatch {
  if (bytes[Field.magic] !== 1) throw new KafkaError(ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT);
  const length = LENGTH_PREFIX_BYTES + bytes.readInt32BE(Field.length);
  if (length > bytes.length) throw new KafkaError(ErrorCode.CORRUPT_MESSAGE);
  return {
    bytes: Buffer.from(bytes.subarray(0, length)),
    recordCount: 1,
    maxTimestamp: Number(bytes.readBigInt64BE(MESSAGE_TIMESTAMP)),
  };
}

export function setBaseOffset(batch: RecordBatch, offset: number): void {
  batch.bytes.writeBigInt64BE(BigInt(offset), 0);
}
