import { ownKey } from './own-key';

/** Of the propagators there are; each writes one of them. */
const CONTEXT_HEADERS = ['traceparent', 'b3', 'x-b3-traceid', 'uber-trace-id', 'x-amzn-trace-id'];

/** Whether a context in headers was read from a broker, which gives bytes; a caller writes strings. */
export function hasContextInBytes(headers: object): boolean {
  return CONTEXT_HEADERS.some(name => {
    const key = ownKey(headers, name);
    const value: unknown = key === undefined ? undefined : headers[key as never];
    return Buffer.isBuffer(Array.isArray(value) ? value.at(-1) : value);
  });
}
