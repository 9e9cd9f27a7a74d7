import assert from 'node:assert/strict';
import { readOriginal, writeOriginal } from '../src/dead-letter';
import { matcher, OPTIONS } from '../src/options';
import type { Attempt } from '../src/attempt';
import { RecentMap } from '../src/recent-map';

describe('a dead-letter destination', () => {
  const isDeadLetter = matcher(OPTIONS.deadLetter.default);
  for (const name of [
    'orders.dlq',
    'orders-DLT',
    'orders_dlq.fifo',
    'dlq',
    'my-dead-letter-queue',
    'DeadLetters',
    'q_error',
    'ex:key:shipping.dlq',
  ]) {
    it(`is ${name}`, () => assert.equal(isDeadLetter(name), true));
  }
  for (const name of ['orders', 'middlq', 'dlq-orders', 'error', 'orders.dlq.retry']) {
    it(`is not ${name}`, () => assert.equal(isDeadLetter(name), false));
  }
});

describe('the header for the first send', () => {
  const spanContext = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 3, isRemote: true };

  it('comes back as it was written', () => assert.deepEqual(readOriginal(writeOriginal(spanContext)), spanContext));

  for (const lie of [undefined, 7, {}, '', 'x'.repeat(1e6), '00-zz-00-01', ['00']]) {
    it(`is nothing for ${typeof lie} ${String(lie).slice(0, 20)}`, () => assert.equal(readOriginal(lie), undefined));
  }
});

describe('the remembered attempts', () => {
  const attempt = (count: number) => ({
    spanContext: { traceId: '', spanId: '', traceFlags: 1 },
    count,
    isDeadLetter: false,
  });

  it('are bounded, the oldest are forgotten first, and what is forgotten is told', () => {
    let dropped = 0;
    const attempts = new RecentMap<Attempt>({ max: 2, onDropped: () => (dropped += 1) });
    attempts.set('a', attempt(1));
    attempts.set('b', attempt(1));
    attempts.set('a', attempt(2));
    attempts.set('c', attempt(1));
    assert.deepEqual([attempts.get('a')?.count, attempts.get('b'), attempts.get('c')?.count], [2, undefined, 1]);
    assert.equal(dropped, 1);
  });

  it('are forgotten when they are too old, which is told too', () => {
    let dropped = 0;
    const attempts = new RecentMap<Attempt>({ max: 2, maxAgeMs: -1, onDropped: () => (dropped += 1) });
    attempts.set('a', attempt(1));
    assert.equal(attempts.get('a'), undefined);
    assert.ok(attempts.isEmpty);
    assert.equal(dropped, 1);
  });

  it('are not kept at all where none may be', () => {
    const attempts = new RecentMap<Attempt>({ max: 0, onDropped: assert.fail });
    attempts.set('a', attempt(1));
    assert.ok(attempts.isEmpty);
  });
});
