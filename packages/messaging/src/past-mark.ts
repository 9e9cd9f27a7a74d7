import { crc32 } from 'node:zlib';
import { guarded } from './guarded';
import type { MessagingSystem } from './types';

const MAX_VALUE_BYTES = 1024;
const MAX_VALUES = 100;

/**
 * Of what a message's headers say of its past, besides what is told by us, in short: another text where somebody has
 * said more since. Undefined where they say nothing.
 */
export function markOfPast<M>({ headers, pastHeaders }: MessagingSystem<M>, message: M): string | undefined {
  return guarded('reading a past', () => {
    const said = Object.entries(headers(message) ?? {})
      .filter(([name]) => BY_HAND.test(name) || pastHeaders?.test(name))
      .map(([name, value]) => `${name.toLowerCase()}=${valueText(value)}`);
    return said.length > 0 ? crc32(said.sort().join('\n')).toString(36) : undefined;
  });
}

/** Of a dead letter that was sent by hand. */
const BY_HAND = /^dlq\./i;

/** As it is on the wire, where text is bytes, and as much of it as tells it apart. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.slice(0, MAX_VALUES).map(valueText).join();
  if (typeof value === 'string') return valueText(Buffer.from(value.slice(0, MAX_VALUE_BYTES)));
  if (value instanceof Uint8Array) return Buffer.from(value.subarray(0, MAX_VALUE_BYTES)).toString('latin1');
  return JSON.stringify(value) ?? '';
}
