/** How a field of a protobuf message is read; a message type for nested messages. */
export type FieldType = 'string' | 'bytes' | 'hex' | 'bool' | 'int' | 'fixed32' | 'fixed64' | 'sfixed64' | 'double';

export interface Field {
  readonly name: string;
  readonly type: FieldType | (() => MessageType);
  readonly repeated?: boolean;
}

export type MessageType = Readonly<Record<number, Field>>;

export type Message = { [name: string]: unknown };

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Reads the wire format. Fields that the type does not have are skipped, as the format asks for. */
export function readMessage(bytes: Buffer, type: MessageType): Message {
  const message: Message = {};
  const reader = new WireReader(bytes);
  while (!reader.atEnd()) {
    const tag = Number(reader.varint());
    const raw = reader.value(tag & 7);
    const field = type[tag >>> 3];
    if (!field) continue;
    const values = valuesOf(field, raw);
    if (field.repeated) message[field.name] = [...((message[field.name] as unknown[]) ?? []), ...values];
    else message[field.name] = values.at(-1);
  }
  return message;
}

/** Numbers of a repeated field may come packed into one length-delimited value. */
function valuesOf(field: Field, raw: bigint | Buffer): unknown[] {
  const { type } = field;
  if (typeof type === 'function') return [readMessage(raw as Buffer, type())];
  const isPacked = field.repeated && typeof raw !== 'bigint' && !['string', 'bytes', 'hex'].includes(type);
  if (!isPacked) return [scalar(type, raw)];
  const reader = new WireReader(raw);
  const wireType = { int: VARINT, bool: VARINT, fixed32: FIXED32 }[type as string] ?? FIXED64;
  const values: unknown[] = [];
  while (!reader.atEnd()) values.push(scalar(type, reader.value(wireType)));
  return values;
}

function scalar(type: FieldType, raw: bigint | Buffer): unknown {
  if (typeof raw !== 'bigint') {
    if (type === 'string') return raw.toString('utf8');
    return type === 'hex' ? raw.toString('hex') : raw.toString('base64');
  }
  switch (type) {
    case 'bool':
      return raw !== 0n;
    case 'double':
      return asDouble(raw);
    case 'int':
    case 'sfixed64':
      return String(BigInt.asIntN(64, raw));
    default:
      return String(raw);
  }
}

function asDouble(bits: bigint): number {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(bits);
  return buffer.readDoubleLE();
}

class WireReader {
  private offset = 0;

  constructor(private readonly bytes: Buffer) {}

  atEnd(): boolean {
    return this.offset >= this.bytes.length;
  }

  value(wireType: number): bigint | Buffer {
    switch (wireType) {
      case VARINT:
        return this.varint();
      case FIXED64:
        return this.take(8).readBigUInt64LE();
      case FIXED32:
        return BigInt(this.take(4).readUInt32LE());
      case LENGTH_DELIMITED:
        return this.take(Number(this.varint()));
      default:
        throw new Error(`protobuf wire type ${wireType} is not supported`);
    }
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.take(1)[0];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('protobuf varint is too long');
  }

  private take(length: number): Buffer {
    const end = this.offset + length;
    if (end > this.bytes.length) throw new Error('protobuf message is cut short');
    const taken = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return taken;
  }
}
