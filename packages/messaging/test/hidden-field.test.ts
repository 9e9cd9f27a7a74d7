import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { hiddenField } from '../src/hidden-field';

describe('a hidden field', () => {
  const kinds: Record<string, () => object> = {
    'an object': () => ({ a: 1 }),
    'a frozen object': () => Object.freeze({ a: 1 }),
    'an array': () => [1, 2],
    'an object of a class': () => new Date(0),
    'an object without a prototype': () => Object.create(null) as object,
    'a proxy': () => new Proxy({ a: 1 }, {}),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    it(`has the last value that was set for ${kind}`, () => {
      const field = hiddenField<string>();
      const object = make();
      assert.equal(field.has(object), false);
      assert.equal(field.get(object), undefined);
      field.set(object, 'one');
      field.set(object, 'another');
      assert.equal(field.has(object), true);
      assert.equal(field.get(object), 'another');
      assert.equal(field.get(make()), undefined);
    });

    it(`is not to be seen in ${kind}`, () => {
      const [object, untouched] = [make(), make()];
      hiddenField<string>().set(object, 'value');
      assert.deepStrictEqual(object, untouched);
      assert.deepEqual(Object.getOwnPropertyDescriptors(object), Object.getOwnPropertyDescriptors(untouched));
      assert.equal(Object.getPrototypeOf(object), Object.getPrototypeOf(untouched));
      assert.equal(Object.isExtensible(object), Object.isExtensible(untouched));
      assert.equal(inspect(object, { showHidden: true }), inspect(untouched, { showHidden: true }));
    });
  }

  it('is one of many, each with values of its own', () => {
    const [one, other] = [hiddenField<number>(), hiddenField<number>()];
    const object = {};
    one.set(object, 1);
    assert.equal(other.has(object), false);
    other.set(object, 2);
    assert.equal(one.get(object), 1);
  });

  it('has nothing for what is no object', () => {
    const field = hiddenField<number>();
    for (const value of [undefined, null, 1, 'text'] as unknown as object[]) {
      assert.equal(field.has(value), false);
      assert.equal(field.get(value), undefined);
    }
  });

  it('is not copied with the object', () => {
    const field = hiddenField<number>();
    const object = {};
    field.set(object, 1);
    assert.equal(field.has({ ...object }), false);
    assert.equal(field.has(structuredClone(object)), false);
    assert.equal(field.has(Object.create(object) as object), false);
  });
});
