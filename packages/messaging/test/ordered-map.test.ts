import assert from 'node:assert/strict';
import { OrderedMap, type Placed } from '../src/ordered-map';

interface Item extends Placed<number, Item> {
  value: string;
}

describe('an ordered map', () => {
  const keysOf = (items: Iterable<Item>) => [...items].map(({ key }) => key);

  function filled(...keys: number[]): OrderedMap<number, Item> {
    const map = new OrderedMap<number, Item>();
    for (const key of keys) map.set({ key, value: `value ${key}` });
    return map;
  }

  it('keeps the order in which items were set last, whichever are deleted', () => {
    const map = filled(1, 2, 3, 4, 5);
    assert.equal(map.delete(1)?.value, 'value 1');
    assert.equal(map.delete(3)?.value, 'value 3');
    assert.equal(map.delete(3), undefined);
    map.set({ key: 2, value: 'again' });
    assert.deepEqual([...map.keys()], [4, 5, 2]);
    assert.equal(map.get(2)?.value, 'again');
    assert.equal(map.oldest?.key, 4);
    assert.equal(map.size, 3);
    map.delete(2);
    map.set({ key: 6, value: 'value 6' });
    assert.deepEqual([...map.keys()], [4, 5, 6]);
  });

  it('has what it had, however many have come and gone', () => {
    const map = filled(1, 2, 3);
    for (let key = 10; key < 1000; key++) {
      map.set({ key, value: 'one that goes' });
      assert.equal(map.delete(key)?.key, key);
    }
    map.set({ key: 4, value: 'value 4' });
    assert.deepEqual([...map.keys()], [1, 2, 3, 4]);
    assert.deepEqual([map.size, map.get(2)?.value, map.oldest?.key], [4, 'value 2', 1]);
    assert.equal(map.get(500), undefined);
  });

  it('gives all keys to who deletes them on the way', () => {
    const map = filled(1, 2, 3, 4);
    const seen: number[] = [];
    for (const key of map.keys()) {
      seen.push(key);
      if (key !== 3) map.delete(key);
    }
    assert.deepEqual(seen, [1, 2, 3, 4]);
    assert.deepEqual([...map.keys()], [3]);
  });

  it('takes out the oldest, as long as they are meant', () => {
    const map = filled(1, 2, 3, 9, 4);
    assert.deepEqual(keysOf(map.takeWhile(({ key }) => key <= 4)), [1, 2, 3]);
    assert.deepEqual([...map.keys()], [9, 4]);
    assert.deepEqual(keysOf(map.takeWhile(() => true)), [9, 4]);
    assert.equal(map.oldest, undefined);
    assert.equal(map.size, 0);
  });
});
