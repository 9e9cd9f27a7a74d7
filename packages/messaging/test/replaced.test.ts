import assert from 'node:assert/strict';
import { replaced } from '../src/replaced';

describe('a copy with values replaced', () => {
  it('has the other values in the order of the keys, and leaves the given one as it is', () => {
    const given = { a: 1, b: 2, c: 3, d: undefined };
    assert.deepEqual(Object.entries(replaced(given, { c: 4, a: undefined, e: 5 })), [
      ['b', 2],
      ['c', 4],
      ['d', undefined],
    ]);
    assert.deepEqual(given, { a: 1, b: 2, c: 3, d: undefined });
  });

  it('has a key __proto__ as a key', () => {
    const given = JSON.parse('{ "a": 1, "__proto__": { "polluted": true } }') as { a: number; polluted?: boolean };
    const copy = replaced(given, { a: 2 });
    assert.deepEqual(Object.keys(copy), ['a', '__proto__']);
    assert.equal(Object.getPrototypeOf(copy), Object.prototype);
    assert.equal(copy.polluted, undefined);
  });
});
