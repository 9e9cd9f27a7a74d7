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
    linesOf(() => assert.equal(resolveConfig('kafkajs', { maxLinks: 1 }, env).maxLinks, 1));
    assert.equal(resolveConfig('kafkajs', {}, env).maxLinks, 2);
    assert.equal(resolveConfig('amqplib', {}, env).maxLinks, 3);
    assert.equal(resolveConfig('amqplib', {}, {}).maxLinks, OPTIONS.maxLinks.default);
  });

  it('knows no value by a name that every object has', () => {
    for (const text of ['__proto__', 'constructor', 'toString']) {
      const lines = linesOf(() =>
        assert.equal(resolveConfig('sqs', {}, { OTEL_INSTRUMENTATION_SQS_ENABLED: text }).enabled, true),
      );
      assert.equal(lines.length, 1);
      assert.match(lines[0], /OTEL_INSTRUMENTATION_SQS_ENABLED is ".*"; allowed: true/);
    }
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

  /** One line each: what, where, what is allowed, the nearest. */
  const MISTAKES: Record<string, [unknown, RegExp]> = {
    'an option that there is not': [{ maxLink: 1 }, /no option maxLink; the options are .*Did you mean maxLinks\?$/],
    'a value that is misspelt': [{ consumerParent: 'ambiant' }, /allowed: one of .*Did you mean ambient\?$/],
    'a word where a list is meant': [{ semconv: '1.44' }, /semconv is "1.44"; allowed: a list of/],
    'a word of a list that is misspelt': [{ semconv: ['legcy'] }, /semconv is \["legcy"\]; .*Did you mean legacy\?$/],
    'a number as a text': [{ maxLinks: '5' }, /maxLinks is "5"; allowed: a whole number/],
    'a hook that is no function': [{ sendHook: 'log' }, /sendHook is "log"; allowed: a function/],
    'null for all options': [null, /the options are null; allowed: an object/],
    'a text for all options': ['maxLinks=3', /the options are "maxLinks=3"; allowed: an object/],
  };
  for (const [what, [code, line]] of Object.entries(MISTAKES)) {
    it(`tells in one line of ${what}, and passes it over`, () => {
      let value: unknown;
      const lines = linesOf(() => (value = resolveConfig('kafkajs', code as object, {})));
      assert.equal(lines.length, 1);
      assert.match(lines[0], line);
      assert.deepEqual(value, resolveConfig('kafkajs', {}, {}));
    });
  }

  it('tells in one line of sources that contradict each other, and follows the stronger', () => {
    const contradictions: [object, Record<string, string>, RegExp][] = [
      [{ maxLinks: 1 }, { OTEL_INSTRUMENTATION_KAFKAJS_MAX_LINKS: '2' }, /KAFKAJS_MAX_LINKS is 2, but code says 1/],
      [
        {},
        { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'kafkajs', OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'kafkajs' },
        /both name kafkajs: it is off/,
      ],
    ];
    for (const [code, env, line] of contradictions) {
      const lines = linesOf(() => resolveConfig('kafkajs', code, env));
      assert.equal(lines.length, 1);
      assert.match(lines[0], line);
    }
    const same = { OTEL_INSTRUMENTATION_KAFKAJS_MAX_LINKS: '1' };
    assert.deepEqual(
      linesOf(() => resolveConfig('kafkajs', { maxLinks: 1 }, same)),
      [],
    );
  });

  it('passes a wrong value of a stronger source over to the weaker one', () => {
    const env = { OTEL_INSTRUMENTATION_KAFKAJS_MAX_LINKS: 'many', OTEL_INSTRUMENTATION_MESSAGING_MAX_LINKS: '3' };
    let value = 0;
    assert.equal(linesOf(() => (value = resolveConfig('kafkajs', { maxLinks: -1 }, env).maxLinks)).length, 2);
    assert.equal(value, 3);
  });
});
