import { hash } from 'node:crypto';

/** A message attribute, as the API has it. */
export interface SqsAttribute {
  DataType?: string;
  StringValue?: string;
  BinaryValue?: Uint8Array;
}

export type SqsAttributes = Record<string, SqsAttribute>;

/** What the service gives as `MD5OfMessageAttributes`; undefined for no attributes. */
export function md5OfAttributes(attributes: SqsAttributes | undefined): string | undefined {
  const names = Object.keys(attributes ?? {}).sort();
  if (!attributes || names.length === 0) return undefined;
  return hash('md5', bytesToSum(names, attributes));
}

/** In one buffer that is as long as needed: with one for each part, five attributes take 3.0 µs instead of 1.7. */
function bytesToSum(names: readonly string[], attributes: SqsAttributes): Uint8Array {
  let size = 0;
  // Three lengths of 4 bytes, and a byte for the kind of value.
  for (const name of names) size += 3 * 4 + 1 + sizeOfAttribute(name, attributes[name]);
  const bytes = Buffer.allocUnsafe(size);
  let end = 0;
  const add = (part: string | Uint8Array) => {
    const length = typeof part === 'string' ? bytes.write(part, end + 4) : (bytes.set(part, end + 4), part.length);
    end = bytes.writeUInt32BE(length, end) + length;
  };
  for (const name of names) {
    const { DataType = '', StringValue, BinaryValue } = attributes[name];
    add(name);
    add(DataType);
    end = bytes.writeUInt8(BinaryValue ? 2 : 1, end);
    add(BinaryValue ?? StringValue ?? '');
  }
  return bytes;
}

/** What a message counts: its body, and the names, types and values of its attributes. */
export function sizeOfMessage(body: unknown, attributes: SqsAttributes | undefined): number {
  let bytes = typeof body === 'string' ? Buffer.byteLength(body) : 0;
  if (attributes) for (const name of Object.keys(attributes)) bytes += sizeOfAttribute(name, attributes[name]);
  return bytes;
}

export function sizeOfAttribute(name: string, attribute: SqsAttribute | null): number {
  const { DataType = '', StringValue, BinaryValue } = attribute ?? {};
  const value = BinaryValue?.length ?? Buffer.byteLength(String(StringValue ?? ''));
  return Buffer.byteLength(name) + Buffer.byteLength(String(DataType)) + value;
}

/** The service's sum of a sent message's attributes, as it would be without those that were added to the caller's. */
export function sumAsWritten(
  sum: string | undefined,
  sent: SqsAttributes | undefined,
  written: SqsAttributes | undefined,
): string | undefined {
  if (sum === undefined || sent === written) return sum;
  if (!written || Object.keys(written).length === 0) return undefined;
  // A wrong sum is for the caller to see.
  return sum === md5OfAttributes(sent) ? md5OfAttributes(written) : sum;
}
