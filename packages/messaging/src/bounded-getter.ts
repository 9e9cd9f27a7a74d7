import type { TextMapGetter } from '@opentelemetry/api';

/** What the W3C asks every reader to take (Baggage, "Limits"), and no more: a message may be written by anybody. */
const MAX_FIELD_LENGTH = 8192;
const MAX_MEMBERS = 64;

const bounded = new WeakMap<object, TextMapGetter<unknown>>();

/** Reads as the given one does, but no field that is longer than any context, and of baggage the first members only. */
export function boundedGetter<M>(getter: TextMapGetter<M>): TextMapGetter<M> {
  let known = bounded.get(getter) as TextMapGetter<M> | undefined;
  if (!known) bounded.set(getter, (known = bound(getter)) as TextMapGetter<unknown>);
  return known;
}

function bound<M>(getter: TextMapGetter<M>): TextMapGetter<M> {
  return {
    keys: message => getter.keys(message),
    get(message, key) {
      const value = getter.get(message, key);
      if (typeof value !== 'string') return value;
      if (value.length > MAX_FIELD_LENGTH) return undefined;
      return key === 'baggage' ? value.split(',', MAX_MEMBERS).join() : value;
    },
  };
}
