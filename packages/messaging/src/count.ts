/** More deliveries than any message has had. */
const MAX_COUNT = 1e6;

/** A number of times that somebody has written into a message; undefined for what can be none. */
export function readCount(count: unknown): number | undefined {
  return Number.isSafeInteger(count) && (count as number) > 0 && (count as number) <= MAX_COUNT
    ? (count as number)
    : undefined;
}

/** As {@link readCount}, in decimal digits. */
export function readCountText(text: unknown): number | undefined {
  return typeof text === 'string' && /^\d{1,7}$/.test(text) ? readCount(Number(text)) : undefined;
}
