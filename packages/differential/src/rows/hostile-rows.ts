import { hostileValues } from '@queuetrace/test-utils';
import type { Row, Stage } from '../stage';

type Play<Actors> = (stage: Stage, actors: Actors, value: unknown) => unknown;

/** One row for each hostile value in each place of a call. */
export function hostileRows<Actors>(places: Readonly<Record<string, Play<Actors>>>): Row<Actors>[] {
  return Object.entries(places).flatMap(([place, play]) =>
    [...hostileValues, ...moreValues].map(({ name, make }) => ({
      name: `${place}: ${name}`,
      play: (stage: Stage, actors: Actors) => play(stage, actors, upTo(LARGE, make())),
    })),
  );
}

export function rows<Actors>(plays: Readonly<Record<string, Row<Actors>['play']>>): Row<Actors>[] {
  return Object.entries(plays).map(([name, play]) => ({ name, play }));
}

/** More than any of the brokers takes: more than that only takes longer. */
const LARGE = 1_100_000;
const upTo = (length: number, value: unknown) => (typeof value === 'string' ? value.slice(0, length) : value);

/** A huge text that is taken for a table, or hashed, takes a library minutes. */
export const notHuge = (value: unknown) => upTo(1_000, value);

class Money {
  constructor(readonly amount: number) {}
  get currency(): string {
    return 'EUR';
  }
}

/** What is no lie, but not what one thinks of first. */
const moreValues = [
  { name: 'an instance of a class', make: () => new Money(7) },
  { name: 'a Map', make: () => new Map([['key', 'value']]) },
  { name: 'a Buffer', make: () => Buffer.from('text') },
  { name: 'a Uint8Array', make: () => new Uint8Array([1, 2, 3]) },
  { name: 'a String object', make: () => new String('boxed') },
  { name: 'a subclass of Array', make: () => new (class Messages extends Array<unknown> {})() },
  { name: 'keys that are symbols', make: () => ({ [Symbol('key')]: 'value', plain: 'value' }) },
  { name: 'keys that are inherited', make: () => Object.create({ headers: { inherited: 'yes' }, value: 'inherited' }) },
  { name: 'a key called constructor', make: () => ({ constructor: 'mine', hasOwnProperty: 'mine', toString: 'mine' }) },
  { name: 'keys in every script', make: () => ({ ключ: 'значение', 鍵: '値', '🔑': '🎁', '\u0000': '\u0000' }) },
  { name: 'a sealed object', make: () => Object.seal({ value: 'sealed', headers: Object.seal({ a: '1' }) }) },
  { name: 'a transparent proxy', make: () => new Proxy({ value: 'proxied', headers: {} }, {}) },
  { name: 'a thenable', make: () => ({ then: (done: (value: string) => void) => done('then') }) },
];

/** Tables of headers as apps have them, each fresh: the values are strings, which every client takes. */
export const headerTables: Readonly<Record<string, () => Record<string, unknown>>> = {
  'no headers at all': () => ({}),
  'frozen headers': () => Object.freeze({ tenant: 'a' }),
  'headers without a prototype': () => Object.assign(Object.create(null) as object, { tenant: 'a' }),
  'a header of 64 KiB': () => ({ large: 'x'.repeat(65_536) }),
  'thousands of headers': () => Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`header-${i}`, `${i}`])),
  'a header __proto__': () => JSON.parse('{"__proto__":"polluted","tenant":"a"}') as Record<string, unknown>,
  'headers constructor, toString': () => ({ constructor: 'mine', toString: 'mine', hasOwnProperty: 'mine' }),
  'headers in every script': () => ({ ключ: 'значение', 鍵: '値', '🔑': '🎁' }),
  'an empty header name': () => ({ '': 'empty', ' ': 'blank' }),
  'headers that are symbols': () => ({ [Symbol('hidden')]: 'value', tenant: 'a' }),
  'headers that are inherited': () => Object.create({ inherited: 'yes' }) as Record<string, unknown>,
  'headers with a getter': () =>
    Object.defineProperty({}, 'tenant', { get: () => 'a', enumerable: true, configurable: true }),
  'a traceparent of the app': () => ({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }),
  'a traceparent that is none': () => ({ traceparent: 'nonsense', tracestate: ',,,=', baggage: '%%%' }),
  'integer-like names': () => ({ 2: 'b', 1: 'a', '-1': 'c' }),
};
