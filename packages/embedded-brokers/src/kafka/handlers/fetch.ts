import { epochMs } from '../../clock';
import { response, type Reader, type Writer } from '../codec';
import { ErrorCode } from '../errors';
import { nextAppend, type PartitionLog } from '../log';
import type { BrokerState, KafkaRequest } from '../request';

interface Wanted {
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
}

interface FetchRequest {
  readonly maxWait: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly Wanted[] }[];
}

interface Found {
  readonly partition: number;
  readonly error: ErrorCode;
  readonly log: PartitionLog | undefined;
  readonly batches: readonly Buffer[];
}

interface FetchResult {
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly Found[] }[];
  readonly size: number;
  readonly failed: boolean;
}

/** Answers at once if there is enough to tell, else when something has been appended, else after `maxWait`. */
export async function fetch({ broker, body, version }: KafkaRequest): Promise<Writer> {
  const request = readRequest(body, version);
  const deadline = epochMs() + request.maxWait;
  let result = collect(broker, request);
  while (result.size < request.minBytes && !result.failed && epochMs() < deadline) {
    const logs = result.topics.flatMap(topic => topic.partitions.flatMap(({ log }) => log ?? []));
    await nextAppend(logs, deadline - epochMs());
    result = collect(broker, request);
  }
  return writeResult(response(version), version, result);
}

function readRequest(body: Reader, version: number): FetchRequest {
  body.int32(); // replica id: -1, a consumer
  const [maxWait, minBytes, maxBytes] = [body.int32(), body.int32(), body.int32()];
  if (version >= 4) body.int8(); // isolation level: records of an open transaction are not in the log, so both levels see the same
  const topics = body.array(reader => ({
    topic: reader.string(),
    partitions: reader.array(() => ({
      partition: reader.int32(),
      offset: Number(reader.int64()),
      maxBytes: reader.int32(),
    })),
  }));
  return { maxWait, minBytes, maxBytes, topics };
}

function collect(broker: BrokerState, request: FetchRequest): FetchResult {
  let size = 0;
  let failed = false;
  const topics = request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(wanted => {
      const found = read(broker.topics.log(topic, wanted.partition), wanted, request.maxBytes - size);
      size += found.batches.reduce((sum, batch) => sum + batch.length, 0);
      failed ||= found.error !== ErrorCode.NONE;
      return found;
    }),
  }));
  return { topics, size, failed };
}

function read(log: PartitionLog | undefined, { partition, offset, maxBytes }: Wanted, room: number): Found {
  const fail = (error: ErrorCode) => ({ partition, error, log, batches: [] });
  if (!log) return fail(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  if (offset < 0 || offset > log.endOffset) return fail(ErrorCode.OFFSET_OUT_OF_RANGE);
  return { partition, error: ErrorCode.NONE, log, batches: log.read(offset, Math.min(maxBytes, room)) };
}

function writeResult(writer: Writer, version: number, { topics }: FetchResult): Writer {
  return writer.array(topics, ({ topic, partitions }) => {
    writer.string(topic).array(partitions, ({ partition, error, log, batches }) => {
      const end = log?.endOffset ?? -1;
      writer.int32(partition).int16(error);
      writer.int64(end); // high watermark
      // Last stable offset and aborted transactions.
      if (version >= 4) writer.int64(end).array([], () => {});
      writer.bytes(Buffer.concat(batches));
    });
  });
}
