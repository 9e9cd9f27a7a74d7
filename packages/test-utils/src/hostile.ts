export interface HostileValue {
  readonly name: string;
  /** A fresh one at each call: a test may hand it to code that changes it. */
  make(): unknown;
}

const HUGE_LENGTH = 5_000_000;

/** What careless callers hand to a library in place of a message, a header table or options. */
export const hostileValues: readonly HostileValue[] = [
  { name: 'null', make: () => null },
  { name: 'undefined', make: () => undefined },
  { name: 'a number', make: () => 42 },
  { name: 'NaN', make: () => NaN },
  { name: 'a bigint', make: () => 1n },
  { name: 'a boolean', make: () => true },
  { name: 'a string', make: () => 'text' },
  { name: 'an empty string', make: () => '' },
  { name: 'a symbol', make: () => Symbol('hostile') },
  { name: 'a function', make: () => () => {} },
  { name: 'an empty object', make: () => ({}) },
  { name: 'an array with holes', make: () => new Array<unknown>(3) },
  { name: 'a frozen object', make: () => Object.freeze({ headers: Object.freeze({}), value: 'frozen' }) },
  { name: 'a frozen array', make: () => Object.freeze([Object.freeze({ value: 'frozen' })]) },
  {
    name: 'an object without a prototype',
    make: () => Object.assign(Object.create(null) as object, { value: 'bare' }),
  },
  { name: 'an object with throwing getters', make: throwingGetters },
  { name: 'a proxy that throws', make: throwingProxy },
  { name: 'a revoked proxy', make: revokedProxy },
  { name: 'a cyclic object', make: cyclic },
  { name: 'an own __proto__ key', make: () => JSON.parse('{"__proto__":{"polluted":true},"value":"x"}') as unknown },
  { name: 'a huge string', make: () => 'x'.repeat(HUGE_LENGTH) },
  { name: 'a date that is none', make: () => new Date(NaN) },
  { name: 'an object whose toString throws', make: throwingToString },
  { name: 'a lone surrogate', make: () => '\ud800' },
];

const READ_NAMES = [
  'headers',
  'properties',
  'fields',
  'content',
  'value',
  'key',
  'messages',
  'topic',
  'input',
  'length',
];

function refuse(): never {
  throw new Error('hostile');
}

function throwingGetters(): object {
  const getters = READ_NAMES.map(name => [name, { get: refuse, enumerable: true, configurable: true }] as const);
  return Object.defineProperties({}, Object.fromEntries(getters));
}

function throwingProxy(): object {
  return new Proxy({}, { get: refuse, set: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse });
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function cyclic(): object {
  const object: Record<string, unknown> = { value: 'cyclic' };
  object.headers = object;
  object.messages = [object];
  return object;
}

function throwingToString(): object {
  return { toString: refuse, toJSON: refuse, [Symbol.toPrimitive]: refuse };
}
