import type { Fields } from '../types';

/** The key under which a table has a field: as written, else without regard to case: others write `Traceparent`. */
export function ownKey(table: object, name: string): string | undefined {
  if (Object.hasOwn(table, name)) return name;
  for (const key in table) {
    if (key.length === name.length && key.toLowerCase() === name && Object.hasOwn(table, key)) return key;
  }
  return undefined;
}

/** A copy of a table with the fields of a context in it. */
export function withFields<T extends object>(table: T | undefined, fields: Fields): T {
  const copy: Record<string, unknown> = { ...table };
  dropOlder(copy, fields);
  for (const name in fields) copy[name] = fields[name];
  return copy as T;
}

/** The fields of a context, in a table that is to cover another one: undefined there covers what is not to be seen. */
export function coverFields(table: object | undefined, fields: Fields, cover: Record<string, unknown>): void {
  if (table) eachOlder(table, fields, key => (cover[key] = undefined));
  for (const name in fields) cover[name] = fields[name];
}

/** Of the context that a message came with nothing is left where it is sent on with another one. */
export function dropOlder(table: Record<string, unknown>, fields: Fields): void {
  eachOlder(table, fields, key => delete table[key]);
}

function eachOlder(table: object, fields: Fields, tell: (key: string) => void): void {
  for (const name in fields) {
    for (const key in table) if (isOtherSpelling(key, name)) tell(key);
  }
  if ('tracestate' in table && 'traceparent' in fields) tell('tracestate');
}

const isOtherSpelling = (key: string, name: string) =>
  key.length === name.length && key !== name && key.toLowerCase() === name.toLowerCase();

/** No context is longer: a client may refuse it, and is to do so. */
const MAX_FIELD_LENGTH = 8192;

/** Whether a field that the caller has written can give way to ours: the client would have sent it. */
export function isReplaceable(field: unknown): boolean {
  return (typeof field === 'string' || Buffer.isBuffer(field)) && field.length <= MAX_FIELD_LENGTH;
}
