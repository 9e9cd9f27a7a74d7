import assert from 'node:assert/strict';
import { resolveConfig } from '../src/config';
import { OPTIONS } from '../src/options';
import { state } from '../src/state';

/** The lines that a configuration gets. */
function linesOf(run: () => unknown): string[] {
  state.reported.clear();
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = () => true;
  try {
    run();
  } finally {
    process.stderr.write = write;
  }
  return [...state.reported];
}

describe('the configuration', () => {
  it('takes each option first from code, then from the client, then from all clients, then the default', () => {
    const env = { OTEL_INSTRUMENTATION_KAFKAJS_MAX_LINKS: '2', OTEL_INSTRUMENTATION_MESSAGING_MAX_LINKS: '3' };
    assert.equal(resolveConfig('kafkajs', { maxLinks: 1 }, env).maxLinks, 1);
    assert.equal(resolveConfig('kafkajs', {}, env).maxLinks, 2);
    assert.equal(resolveConfig('amqplib', {}, env).maxLinks, 3);
    assert.equal(resolveConfig('amqplib', {}, {}).maxLinks, OPTIONS.maxLinks.default);
  });

  it('reads every kind of option from the environment', () => {
    const read = (suffix: string, text: string) =>
      resolveConfig('sqs', {}, { [`OTEL_INSTRUMENTATION_SQS_${suffix}`]: text });
    assert.equal(read('ENABLED', 'FALSE').enabled, false);
    assert.deepEqual(read('SEMCONV', '1.45, legacy').semconv, ['1.45', 'legacy']);
    assert.deepEqual(read('IGNORE_DESTINATIONS', 'health-*, tmp').ignoreDestinations, ['health-*', 'tmp']);
    assert.equal(read('PRODUCER_SPANS', 'message').producerSpans, 'message');
    assert.equal(read('CONSUME_TIMEOUT_MS', '0').consumeTimeoutMs, 0);
    assert.equal(read('CARRIER', 'aws-trace-header').sqsCarrier, 'aws-trace-header');
    assert.equal(read('TRUST_INCOMING_CONTEXT', 'link').trustIncomingContext, 'link');
  });

  it('follows OTEL_SEMCONV_STABILITY_OPT_IN', () => {
    const vocabularies = (text: string) => resolveConfig('sqs', {}, { OTEL_SEMCONV_STABILITY_OPT_IN: text }).semconv;
    assert.deepEqual(vocabularies('http,messaging'), ['1.45']);
    assert.deepEqual(vocabularies('messaging,messaging/dup'), ['1.45', '1.44', 'legacy']);
    assert.deepEqual(vocabularies('http'), ['1.44']);
  });

  it('follows the lists of enabled and disabled instrumentations, and its own switch before them', () => {
    const enabled = (env: Record<string, string>) => resolveConfig('kafkajs', {}, env).enabled;
    assert.equal(enabled({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'amqplib,http' }), false);
    assert.equal(enabled({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'kafkajs' }), true);
    assert.equal(enabled({ OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'kafkajs' }), false);
    const both = { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'kafkajs', OTEL_INSTRUMENTATION_KAFKAJS_ENABLED: 'true' };
    assert.equal(enabled(both), true);
  });

  for (const [key, option] of Object.entries(OPTIONS)) {
    it(`tells of a wrong ${key} in one line that names it and what is allowed, and uses the default`, () => {
      const wrong = { [key]: Symbol('wrong') };
      let value: unknown;
      const lines = linesOf(() => (value = resolveConfig('kafkajs', wrong, {})[key as 'enabled']));
      assert.deepEqual(value, option.default);
      assert.equal(lines.length, 1);
      assert.ok(lines[0].includes(key) && lines[0].includes(option.allowed), lines[0]);
    });
  }

  it('tells of a wrong value in the environment by the name of its variable', () => {
    const env = { OTEL_INSTRUMENTATION_MESSAGING_PRODUCER_SPANS: 'each' };
    const lines = linesOf(() => resolveConfig('kafkajs', {}, env));
    assert.deepEqual(lines, [
      'OTEL_INSTRUMENTATION_MESSAGING_PRODUCER_SPANS is "each"; allowed: one of call, message. It is ignored.',
    ]);
  });

  it('tells of an option that there is not, and of a hook that is no function', () => {
    const code = { maxLink: 1, sendHook: 'log' } as object;
    const lines = linesOf(() => resolveConfig('kafkajs', code, {}));
    assert.ok(lines.some(line => line.includes('there is no option maxLink')));
    assert.ok(lines.some(line => line.includes('sendHook is not a function')));
  });
});
