import { ROOT_CONTEXT, SamplingDecision, SpanKind, trace, type Attributes, type SpanContext } from '@opentelemetry/api';
import { MessagingSampler, type MessagingSamplerConfig } from '@queuetrace/register/sampler';
import assert from 'node:assert/strict';

const TRACE_ID = 'a'.repeat(32);
const spanContext = (traceFlags: number): SpanContext => ({ traceId: TRACE_ID, spanId: 'b'.repeat(16), traceFlags });
/** Flags as they come: the random flag may be set beside the sampled one. */
const [SAMPLED, UNSAMPLED] = [spanContext(3), spanContext(2)];

const VOCABULARIES: Record<string, Attributes> = {
  '1.44': { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
  '1.45': { 'messaging.system.name': 'kafka', 'messaging.destination.name': 'orders' },
  legacy: { 'messaging.system': 'kafka', 'messaging.destination': 'orders' },
};
const ORDER = VOCABULARIES['1.44'];

interface Asked {
  attributes?: Attributes;
  parent?: SpanContext;
  links?: { context: SpanContext; attributes?: Attributes }[];
  traceId?: string;
}

function isKept(sampler: MessagingSampler, { attributes = ORDER, parent, links = [], traceId = TRACE_ID }: Asked = {}) {
  const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
  const { decision } = sampler.shouldSample(context, traceId, 'process orders', SpanKind.CONSUMER, attributes, links);
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}

describe('what MessagingSampler decides by', () => {
  const RULES: [title: string, config: MessagingSamplerConfig, asked: Asked, expected: boolean][] = [
    ['all, by default', {}, {}, true],
    ['the parent is sampled, whatever the ratio', { destinations: { orders: 0 } }, { parent: SAMPLED }, true],
    ['the parent is not sampled, whatever the ratio', { destinations: { orders: 1 } }, { parent: UNSAMPLED }, false],
    ['the first glob that matches', { destinations: { 'ord*': 0, orders: 1 } }, {}, false],
    ['the root, where no glob matches', { destinations: { payments: 1 }, root: 0 }, {}, false],
    ['a sampled link', { root: 0 }, { links: [{ context: UNSAMPLED }, { context: SAMPLED }] }, true],
    ['no sampled link', { root: 0 }, { links: [{ context: UNSAMPLED }] }, false],
    ['what is dropped, even from a sampled trace', { drop: ['ord*'] }, { parent: SAMPLED }, false],
    [
      'a dead letter of an unsampled trace',
      {},
      { parent: UNSAMPLED, attributes: { ...ORDER, 'dlq.error': 'e' } },
      true,
    ],
    [
      'a dead letter in a batch',
      { root: 0 },
      { links: [{ context: UNSAMPLED, attributes: { 'dlq.original_queue': 'orders' } }] },
      true,
    ],
    ['a second delivery', { root: 0 }, { attributes: { ...ORDER, 'messaging.delivery_count': 2 } }, true],
    ['a first delivery', { root: 0 }, { attributes: { ...ORDER, 'messaging.delivery_count': 1 } }, false],
    [
      'any number of deliveries, switched off',
      { root: 0, keepFromDelivery: 0 },
      { attributes: { ...ORDER, 'messaging.delivery_count': 9 } },
      false,
    ],
    ['a span of something else follows the root', { root: 0, destinations: { '*': 1 } }, { attributes: {} }, false],
    ['a span of something else is not dropped', { drop: ['*'] }, { attributes: {} }, true],
  ];
  for (const [title, config, asked, expected] of RULES) {
    it(`is ${title}: ${expected ? 'sampled' : 'not sampled'}`, () => {
      assert.equal(isKept(new MessagingSampler(config), asked), expected);
    });
  }

  for (const [vocabulary, attributes] of Object.entries(VOCABULARIES)) {
    it(`is understood in the vocabulary ${vocabulary}`, () => {
      const sampler = new MessagingSampler({ destinations: { orders: 0 } });
      assert.equal(isKept(sampler, { attributes }), false);
      assert.equal(isKept(sampler, { attributes: { ...attributes, 'dlq.error': 'e' } }), true);
    });
  }

  it('is a ratio of trace ids, the same of a destination and of the root', () => {
    const traceIds = Array.from({ length: 1000 }, (_, index) =>
      Math.floor((index * 2 ** 52) / 1000)
        .toString(16)
        .padStart(32, '1'),
    );
    for (const config of [{ destinations: { orders: 0.25 } }, { root: 0.25 }]) {
      const sampler = new MessagingSampler(config);
      assert.equal(traceIds.filter(traceId => isKept(sampler, { traceId })).length, 250);
    }
  });

  it('is what is left where options are wrong, each told in one line', () => {
    const lines: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = ((line: string) => lines.push(line)) as unknown as typeof write;
    try {
      const wrong = { keepDeadLetters: 'yes', destinations: { orders: 7 }, keep: true } as unknown as object;
      assert.equal(isKept(new MessagingSampler(wrong)), true);
    } finally {
      process.stderr.write = write;
    }
    assert.deepEqual(
      lines.map(line => /keepDeadLetters|destinations|no option keep;/.exec(line)?.[0]).sort(),
      ['destinations', 'keepDeadLetters', 'no option keep;'],
      lines.join(''),
    );
  });
});
