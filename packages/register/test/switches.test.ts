import assert from 'node:assert/strict';
import { startOtlpReceiver, uniqueName, withBroker, type OtlpReceiver } from '@queuetrace/test-utils';
import { runPlain, runPreloaded } from './preloaded';

const SWITCHES: Record<string, Record<string, string>> = {
  'its own switch': { OTEL_INSTRUMENTATION_KAFKAJS_ENABLED: 'false' },
  'the list of what is disabled': { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'kafkajs' },
  'the list of what is enabled': { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'amqplib' },
};

describe('a client turned off by the environment', () => {
  const kafka = withBroker('kafka');
  const rabbitmq = withBroker('rabbitmq');
  let receiver: OtlpReceiver;

  before(async () => {
    receiver = await startOtlpReceiver();
  });
  after(() => receiver.stop());

  for (const [how, env] of Object.entries(SWITCHES)) {
    it(`is wholly untouched, by ${how}`, async () => {
      const plain = await runPlain('wrapped.cjs');
      assert.equal((await runPreloaded('wrapped.cjs', { env })).stdout, plain.stdout);
      assert.notEqual((await runPreloaded('wrapped.cjs')).stdout, plain.stdout, 'on it is wrapped');
    });

    it(`leaves the others traced, by ${how}`, async () => {
      const name = uniqueName('orders');
      const args = [kafka.address, rabbitmq.address, name];
      const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
      const result = await runPreloaded('two-brokers.cjs', { args, env: { ...endpoint, ...env } });
      assert.equal(result.code, 0, result.stderr);
      const spans = receiver.spans().filter(span => span.attributes['messaging.destination.name'] === name);
      const scopes = new Set(receiver.spans().map(({ scope }) => scope));
      assert.deepEqual([...scopes], ['@queuetrace/instrumentation-amqplib'], `${spans.length} spans`);
    });
  }
});
