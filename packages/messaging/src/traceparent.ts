import type { SpanContext } from '@opentelemetry/api';

/** Of a traceparent of version 00 (W3C Trace Context, "traceparent Header"). */
const PLAIN_LENGTH = 55;

/** The span context in a plain traceparent: version 00, lower case, valid ids; undefined for anything else. */
export function readTraceparent(text: string): SpanContext | undefined {
  if (text.length !== PLAIN_LENGTH || !text.startsWith('00-')) return undefined;
  if (text[35] !== '-' || !isId(text, 3, 35) || text[52] !== '-' || !isId(text, 36, 52)) return undefined;
  const traceFlags = digit(text, 53) * 16 + digit(text, 54);
  if (Number.isNaN(traceFlags)) return undefined;
  return { traceId: text.slice(3, 35), spanId: text.slice(36, 52), traceFlags, isRemote: true };
}

/** The same the other way; undefined for one that takes more to be written. */
export function writeTraceparent({ traceId, spanId, traceFlags, traceState }: SpanContext): string | undefined {
  return traceFlags > 1 || traceState ? undefined : `00-${traceId}-${spanId}-0${traceFlags}`;
}

/** The value of each lower-case hexadecimal digit, by its code. */
const DIGITS = Array.from({ length: 128 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code));
  return value < 0 ? NaN : value;
});
const digit = (text: string, index: number) => DIGITS[text.charCodeAt(index)] ?? NaN;

/** Lower-case hexadecimal digits that are not all 0; digit by digit is half the price of a regular expression. */
function isId(text: string, start: number, end: number): boolean {
  let sum = 0;
  for (let index = start; index < end; index++) sum += digit(text, index);
  return sum > 0;
}
