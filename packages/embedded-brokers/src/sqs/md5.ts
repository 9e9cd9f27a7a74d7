import { createHash } from 'node:crypto';
import { isBinary, valueBytes, type MessageAttributes } from './message-attributes';

export const md5OfBody = (body: string): string => createHash('md5').update(body, 'utf8').digest('hex');

/** As AWS documents it: name, type, kind and value of each attribute, in the order of their names. */
export function md5OfAttributes(attributes: MessageAttributes = {}): string | undefined {
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (sorted.length === 0) return undefined;
  const hash = createHash('md5');
  for (const [name, attribute] of sorted) {
    hash.update(withLength(Buffer.from(name, 'utf8')));
    hash.update(withLength(Buffer.from(attribute.DataType, 'utf8')));
    hash.update(Buffer.from([isBinary(attribute) ? 2 : 1]));
    hash.update(withLength(valueBytes(attribute)));
  }
  return hash.digest('hex');
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
