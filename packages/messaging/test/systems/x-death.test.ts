import assert from 'node:assert/strict';
import { deadLetterFrom, firstDeathQueue } from '../../src/systems/x-death';

const death = (queue: string, reason: string, count: number, seconds = 1_700_000_000) => ({
  queue,
  reason,
  count,
  exchange: '',
  'routing-keys': [queue],
  time: { '!': 'timestamp', value: seconds },
});

describe('what x-death says', () => {
  it('is where, why, how often and when a message died', () => {
    const headers = { 'x-death': [death('shipping', 'rejected', 3)], 'x-first-death-queue': 'shipping' };
    assert.deepEqual(deadLetterFrom(headers, 'shipping.dlq'), {
      originalQueue: 'shipping',
      error: 'rejected',
      retryCount: 3,
      deadLetteredAtMs: 1_700_000_000_000,
      sentTo: 'shipping',
      isMovedByBroker: true,
    });
  });

  it('is no dead letter in the queue that the message died in: that is a retry', () => {
    const headers = { 'x-death': [death('retry', 'expired', 1), death('shipping', 'rejected', 1)] };
    assert.equal(deadLetterFrom(headers, 'shipping'), undefined);
  });

  it('is no dead letter in a delay queue that it comes through again', () => {
    const headers = { 'x-death': [death('retry', 'expired', 1), death('shipping', 'rejected', 1)] };
    assert.equal(deadLetterFrom(headers, 'retry'), undefined);
  });

  it('is of the queue that it failed in, whichever it has waited in before or since', () => {
    const headers = {
      'x-death': [death('dlq', 'expired', 1), death('shipping', 'rejected', 2), death('later', 'expired', 1)],
      'x-first-death-queue': 'later',
      'x-first-death-reason': 'expired',
    };
    const { originalQueue, error, retryCount } = deadLetterFrom(headers, 'dlq.2') ?? {};
    assert.deepEqual([originalQueue, error, retryCount], ['shipping', 'rejected', 2]);
  });

  it('counts failures, not expiries', () => {
    const headers = { 'x-death': [death('shipping', 'expired', 9)], 'x-first-death-queue': 'shipping' };
    assert.equal(deadLetterFrom(headers, 'dlq')?.retryCount, undefined);
  });

  it('takes the count of a quorum queue, which counts deliveries', () => {
    const headers = { 'x-death': [death('shipping', 'delivery_limit', 1)], 'x-delivery-count': 4 };
    assert.equal(deadLetterFrom(headers, 'dlq')?.retryCount, 4);
  });

  it('finds the first queue without the header for it', () => {
    assert.equal(firstDeathQueue({ 'x-death': [death('b', 'expired', 1), death('a', 'rejected', 1)] }), 'a');
  });

  const lies: [string, unknown][] = [
    ['no array', 'rejected'],
    ['an array of anything', [null, 1, 'x', [], { queue: 7 }]],
    ['a negative count', [{ queue: 'a', reason: 'rejected', count: -5 }]],
    ['a huge count', [{ queue: 'a', reason: 'rejected', count: 1e300 }]],
    ['a reason that is an object', [{ queue: 'a', reason: {} }]],
    ['a time that is none', [{ queue: 'a', time: { value: 'soon' } }]],
    [
      'a hundred thousand entries',
      Array.from({ length: 100_000 }, () => ({ queue: 'a', reason: 'rejected', count: 1 })),
    ],
  ];
  for (const [what, header] of lies) {
    it(`never throws, and makes up no number, for ${what}`, () => {
      const told = deadLetterFrom({ 'x-death': header }, 'dlq');
      const { retryCount = 0 } = told ?? {};
      assert.ok(Number.isSafeInteger(retryCount) && retryCount >= 0 && retryCount <= 100);
    });
  }
});
