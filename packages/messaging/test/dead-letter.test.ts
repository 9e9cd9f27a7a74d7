import assert from 'node:assert/strict';
import { telemetry } from '@queuetrace/test-utils';
import { resolveConfig, type MessagingConfig } from '../src/config';
import { kafka } from '../src/systems/kafka';
import { MessagingTelemetry } from '../src/telemetry';
import { readStory, STORY_FIELD, writeStory } from '../src/told-story';
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

describe('a destination for messages to be tried again', () => {
  const isRetry = matcher(OPTIONS.retry.default);
  for (const name of [
    'orders.retry',
    'orders-retry-5000',
    'retry.orders',
    'work.delay',
    'orders_DELAYED',
    'a:b:retry',
  ]) {
    it(`is ${name}`, () => assert.equal(isRetry(name), true));
  }
  for (const name of ['orders', 'retryable-orders', 'orders.dlq', 'undelayed', 'orders.wait']) {
    it(`is not ${name}`, () => assert.equal(isRetry(name), false));
  }
});

describe('the header for the story of a message', () => {
  const spanContext = (digits: string) => ({
    traceId: digits.repeat(16),
    spanId: digits.repeat(8),
    traceFlags: 3,
    isRemote: true,
  });
  const story = {
    original: spanContext('ab'),
    attempt: spanContext('cd'),
    deliveries: 3,
    failures: 2,
    mark: '1kx9d2',
    queue: 'orders',
    deadLetter: { destination: 'orders.dlq', error: 'naïve & “=” \n' },
  };

  it('comes back as it was written', () => assert.deepEqual(readStory(writeStory(story)), story));

  it('is ASCII, and short whatever is told', () => {
    const long = '漢'.repeat(100_000);
    const written = writeStory({ ...story, queue: long, deadLetter: { destination: long, error: long } });
    assert.match(written, /^[\x21-\x7e]+$/);
    assert.ok(written.length < 8192);
    assert.equal(readStory(written)?.deadLetter?.error, long.slice(0, 200));
  });

  for (const lie of [undefined, 7, {}, '', 'x'.repeat(1e6), ['original=x'], Buffer.from('original=x')]) {
    it(`is nothing for ${typeof lie} ${String(lie).slice(0, 20)}`, () => assert.equal(readStory(lie), undefined));
  }

  const nothing = {
    original: undefined,
    attempt: undefined,
    deliveries: undefined,
    failures: undefined,
    mark: undefined,
    queue: undefined,
    deadLetter: undefined,
  };
  const zero = `00-${'0'.repeat(32)}-${'ab'.repeat(8)}-01`;
  for (const lie of [
    'x',
    '%',
    '%ff=%ff&&==&original',
    `original=${zero}&attempt=00-zz-00-01`,
    'deliveries=-1&failures=1e9',
    'deliveries=99999999999&failures=NaN',
    'dead=&queue=&error=x',
  ]) {
    it(`says nothing with ${lie}`, () => assert.deepEqual(readStory(lie), nothing));
  }
});

describe('what a message tells of its story', () => {
  const traceId = 'ab'.repeat(16);
  const contextOf = (digits: string) => ({ traceId, spanId: digits.repeat(8), traceFlags: 1 });
  const headers = {
    traceparent: `00-${traceId}-${'ef'.repeat(8)}-01`,
    [STORY_FIELD]: writeStory({ original: contextOf('ab'), attempt: contextOf('cd'), deliveries: 2 }),
  };

  /** The links of the message's process span, by type. */
  function linksWith(config: MessagingConfig) {
    const source = {
      tracer: () => telemetry.tracerProvider.getTracer('stories'),
      logger: () => undefined,
      meter: () => undefined,
    };
    const operation = { name: 'process', destination: { name: 'orders.retry' }, messages: [{ offset: '1', headers }] };
    new MessagingTelemetry(kafka, resolveConfig('test', config), source).process(operation, () => {});
    const { links, attributes } = telemetry.span('process orders.retry');
    return {
      spanIds: links.map(({ context }) => context.spanId.slice(0, 2)),
      deliveryCount: attributes['messaging.delivery_count'],
    };
  }

  it('is what it links to', () => assert.deepEqual(linksWith({}), { spanIds: ['ab', 'cd', 'ef'], deliveryCount: 3 }));

  it('is linked to also where it may not be the parent', () =>
    assert.deepEqual(linksWith({ trustIncomingContext: 'link' }), { spanIds: ['ab', 'cd', 'ef'], deliveryCount: 3 }));

  it('is nothing where what comes in is ignored', () =>
    assert.deepEqual(linksWith({ trustIncomingContext: 'ignore' }), { spanIds: [], deliveryCount: undefined }));
});

describe('the remembered attempts', () => {
  const attempt = (count: number) => ({
    spanContext: undefined,
    creationId: undefined,
    count,
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

  it('are forgotten in order also where some were settled in between', () => {
    const attempts = new RecentMap<Attempt>({ max: 3 });
    for (const key of ['a', 'b', 'c']) attempts.set(key, attempt(1));
    attempts.delete('b');
    for (const key of ['d', 'e']) attempts.set(key, attempt(1));
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'e'].filter(key => attempts.get(key)),
      ['c', 'd', 'e'],
    );
    attempts.deleteAll(key => key !== 'd');
    for (const key of ['f', 'g', 'h']) attempts.set(key, attempt(1));
    assert.deepEqual(
      ['d', 'e', 'f', 'g', 'h'].filter(key => attempts.get(key)),
      ['f', 'g', 'h'],
    );
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
