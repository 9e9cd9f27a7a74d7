import * as assert from 'node:assert/strict';
import { hostileValues } from '@queuetrace/test-utils';

describe('hostile values', () => {
  it('can all be made, each time anew', () => {
    for (const { make } of hostileValues) {
      const [one, two] = [make(), make()];
      if (typeof one === 'object' && one !== null) assert.ok(one !== two);
    }
  });

  it('have names of their own', () => {
    assert.equal(new Set(hostileValues.map(value => value.name)).size, hostileValues.length);
  });

  it('have one with an own __proto__ key, which pollutes nothing', () => {
    const made = hostileValues.find(({ name }) => name.includes('__proto__'))?.make() as object;
    assert.ok(Object.hasOwn(made, '__proto__'));
    assert.equal(Object.getPrototypeOf(made), Object.prototype);
  });
});
