import { gunzipSync } from 'node:zlib';
import { Reader } from '@queuetrace/embedded-brokers/build/src/kafka/codec';
import { shortened, valueText, withoutRandom } from '../value-text';
import { isOurs, onBytesOfClients, write, type Wire } from './server-sockets';

const PRODUCE = 0;
const OFFSET_COMMIT = 8;
/** What the app decides on, and not the clock: no fetches, heartbeats, metadata and joining of groups. */
const TOLD: Readonly<Record<number, string>> = {
  8: 'OffsetCommit',
  19: 'CreateTopics',
  20: 'DeleteTopics',
  22: 'InitProducerId',
  24: 'AddPartitionsToTxn',
  25: 'AddOffsetsToTxn',
  26: 'EndTxn',
  28: 'TxnOffsetCommit',
  37: 'CreatePartitions',
  42: 'DeleteGroups',
};
const LENGTH_BYTES = 4;

/** The records of each topic, and the other requests of each kind, in order. */
export function recordKafka(): Wire {
  const wire: Wire = {};
  const received: Buffer[] = [];
  onBytesOfClients((bytes, connection) => {
    let buffer = received[connection] ? Buffer.concat([received[connection], bytes]) : bytes;
    while (buffer.length >= LENGTH_BYTES && buffer.length >= LENGTH_BYTES + buffer.readInt32BE(0)) {
      const end = LENGTH_BYTES + buffer.readInt32BE(0);
      readRequest(wire, buffer.subarray(LENGTH_BYTES, end));
      buffer = buffer.subarray(end);
    }
    received[connection] = buffer;
  });
  return wire;
}

function readRequest(wire: Wire, frame: Buffer): void {
  const reader = new Reader(frame);
  const [key, version] = [reader.int16(), reader.int16()];
  reader.int32(); // correlation id
  const clientId = reader.nullableString();
  if (key === PRODUCE) return readProduce(wire, reader);
  if (!TOLD[key]) return;
  const rest = frame.subarray(10 + (clientId === null ? 0 : Buffer.byteLength(clientId)));
  // A group's requests are in order; groups are not.
  const of = key === OFFSET_COMMIT ? ` of ${reader.string()}` : '';
  write(wire, `${TOLD[key]}${of}`, `${version} ${clientId} ${shortened(withoutRandom(rest.toString('latin1')))}`);
}

function readProduce(wire: Wire, reader: Reader): void {
  const transactionalId = reader.nullableString();
  const [acks, timeout] = [reader.int16(), reader.int32()];
  reader.array(topic => {
    const name = topic.string();
    topic.array(partition => {
      const number = partition.int32();
      for (const record of recordsOf(partition.bytes())) {
        write(wire, `topic ${shortened(name)}`, valueText({ transactionalId, acks, timeout, number, record }));
      }
    });
  });
}

const ATTRIBUTES = 21;
const RECORD_COUNT = 57;
const BASE_TIMESTAMP = 27;
const FIRST_RECORD = 61;

/** The last three bits of its attributes. */
const COMPRESSION = 7;

/** Of one batch in format 2. */
function recordsOf(batch: Buffer): unknown[] {
  const isCompressed = batch.readInt16BE(ATTRIBUTES) & COMPRESSION;
  const records = batch.subarray(FIRST_RECORD);
  const varints = new Varints(isCompressed ? gunzipSync(records) : records);
  const base = batch.readBigInt64BE(BASE_TIMESTAMP);
  return Array.from({ length: batch.readInt32BE(RECORD_COUNT) }, () => varints.record(base));
}

class Varints {
  private _at = 0;

  constructor(private readonly _bytes: Buffer) {}

  record(baseTimestamp: bigint): unknown {
    this._number();
    this._at++;
    const timestamp = String(baseTimestamp + this._number());
    const offsetDelta = Number(this._number());
    const [key, value] = [this._field(), this._field()];
    const headers = Array.from({ length: Number(this._number()) }, () => [String(this._field()), this._field()]);
    const theirs = headers.filter(([name]) => !isOurs(name as string));
    return { timestamp, offsetDelta, key, value: shortened(value?.toString('latin1') ?? 'null'), headers: theirs };
  }

  private _field(): Buffer | null {
    const length = Number(this._number());
    if (length < 0) return null;
    return this._bytes.subarray(this._at, (this._at += length));
  }

  /** Zigzag. */
  private _number(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(this._bytes[this._at++]);
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return (value >> 1n) ^ -(value & 1n);
    }
  }
}
