import assert from 'node:assert/strict';
import { state } from '@queuetrace/messaging';
import { queuetrace, type QueuetraceConfig } from '@queuetrace/register/instrumentations';

describe('queuetrace()', () => {
  const made = (config?: QueuetraceConfig) => {
    const instrumentations = queuetrace(config);
    // Made enabled; this process has its own.
    instrumentations.forEach(instrumentation => instrumentation.disable());
    return instrumentations.map(({ instrumentationName }) => instrumentationName);
  };
  const KAFKAJS = '@queuetrace/instrumentation-kafkajs';

  it('gives the instrumentations of all clients', () => {
    assert.ok(made().includes(KAFKAJS));
    assert.ok(made().includes('@queuetrace/instrumentation-amqplib'));
  });

  it('does not make one that is off', () => {
    assert.ok(!made({ kafkajs: false }).includes(KAFKAJS));
    assert.ok(!made({ kafkajs: { enabled: false } }).includes(KAFKAJS));
  });

  it('turns all off but those that are on by themselves', () => {
    assert.deepEqual(made({ enabled: false, kafkajs: true }), [KAFKAJS]);
  });

  it('gives each client the options of all, and its own before them', () => {
    const others = { amqplib: false, sqs: false };
    const [kafkajs] = queuetrace({ maxLinks: 5, metrics: false, kafkajs: { maxLinks: 7 }, ...others });
    kafkajs.disable();
    const { maxLinks, metrics } = kafkajs.getConfig() as QueuetraceConfig;
    assert.deepEqual([maxLinks, metrics], [7, false]);
  });

  /** One line each: what, what is allowed, the nearest. */
  const MISTAKES: Record<string, [unknown, RegExp]> = {
    'no object': ['kafkajs', /the configuration is "kafkajs"; allowed: an object/],
    null: [null, /the configuration is null; allowed: an object/],
    'a client by another name': [{ rabbitmq: false }, /no client or option rabbitmq; .*Did you mean amqplib\?/],
    'a client that is misspelt': [{ kafajs: false }, /no client or option kafajs; .*Did you mean kafkajs\?/],
    'an option that is misspelt': [{ maxLink: 3 }, /no client or option maxLink; .*Did you mean maxLinks\?/],
    'a client that is a text': [{ kafkajs: 'off' }, /kafkajs is "off"; allowed: an object of options, true or false/],
    'an option of another client': [
      { kafkajs: { sqsCarrier: 'both' } },
      /kafkajs\.sqsCarrier has no effect: .* of sqs\./,
    ],
    'an option of a client': [
      { sqs: { sqsCarrier: 'header' } },
      /sqs: option sqsCarrier is "header"; .*Did you mean aws-trace-header\?/,
    ],
  };
  for (const [what, [config, line]] of Object.entries(MISTAKES)) {
    it(`tells in one line of a mistake and makes all clients: ${what}`, () => {
      state.reported.clear();
      assert.equal(made(config as QueuetraceConfig).length, 3);
      assert.equal(state.reported.size, 1, [...state.reported].join('\n'));
      assert.match([...state.reported][0], line);
    });
  }
});
