import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import { traceLoop } from '../src/loop';

describe('an array whose iteration is seen', () => {
  const handOut = () => traceLoop([{ id: 1 }, { id: 2 }], () => undefined).messages;
  const plain = () => [{ id: 1 }, { id: 2 }];

  it('is an array as any other, with nothing of its own', () => {
    assert.ok(Array.isArray(handOut()) && handOut() instanceof Array);
    assert.equal(handOut().constructor, Array);
    assert.deepEqual(Reflect.ownKeys(handOut()), Reflect.ownKeys(plain()));
    assert.equal(inspect(handOut(), { showHidden: true }), inspect(plain(), { showHidden: true }));
    assert.equal(JSON.stringify(handOut()), JSON.stringify(plain()));
    const names: string[] = [];
    for (const name in handOut()) names.push(name);
    assert.deepEqual(names, ['0', '1']);
  });

  it('makes plain arrays: what is copied, mapped, filtered or cloned is not seen any more', () => {
    const handed = handOut();
    const made = [[...handed], handed.slice(), handed.concat([]), handed.filter(Boolean), structuredClone(handed)];
    for (const one of [...made, handed.map(message => message)]) {
      assert.equal(Object.getPrototypeOf(one), Array.prototype);
      assert.deepEqual(one, plain());
    }
  });

  it('leaves the array that it is a copy of as it is', () => {
    const given = plain();
    traceLoop(given, () => undefined);
    assert.equal(Object.getPrototypeOf(given), Array.prototype);
    assert.deepEqual(Reflect.ownKeys(given), Reflect.ownKeys(plain()));
  });

  it('does not slow down the arrays of everybody else: V8 still iterates them the quick way', () => {
    const script = `
      const { traceLoop } = require(${JSON.stringify(require.resolve('../src/loop'))});
      const { messages } = traceLoop([{}, {}], () => undefined);
      for (const message of messages) message.seen = true;
      const isQuick = %ArrayIteratorProtector();
      // What is asked for is what we mean: an array's own iterator ends it.
      Object.defineProperty([], Symbol.iterator, { value: () => {} });
      console.log(isQuick, %ArrayIteratorProtector());`;
    const printed = execFileSync('node', ['--allow-natives-syntax', '--eval', script], { encoding: 'utf8' });
    assert.equal(printed.trim(), 'true false');
  });
});
