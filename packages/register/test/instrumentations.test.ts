import assert from 'node:assert/strict';
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
});
