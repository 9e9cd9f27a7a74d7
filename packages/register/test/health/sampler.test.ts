import { startOtlpReceiver, uniqueName, withBroker, type AppResult, type OtlpReceiver } from '@queuetrace/test-utils';
import assert from 'node:assert/strict';
import { fileFor, runWithFile } from '../file/configuration-file';
import { ourLines, runPlain, runPreloaded } from '../preloaded';

/** The spans that are kept where nothing is but orders, and health checks never are, by the names of their destinations. */
const KEPT = [
  'consume orders',
  'consume poison.dlq',
  // Receipts for orders follow their parents, and copies of what is not sampled too, whatever their own ratio is.
  'consume receipts',
  // The second delivery.
  'consume retried',
  // One message of the batch is sampled, and the send that found it so.
  'process mixed',
  'publish orders',
  'publish receipts',
  // It has failed.
  'receive missing',
  'send mixed',
];

describe('MessagingSampler', () => {
  const kafka = withBroker('kafka');
  const rabbitmq = withBroker('rabbitmq');
  const sqs = withBroker('aws_sqs');
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.stop());

  const run = async (start: (args: string[], env: Record<string, string>) => Promise<AppResult>) => {
    const prefix = uniqueName('shop');
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_SERVICE_NAME: 'shop' };
    const result = await start([kafka.address, rabbitmq.address, sqs.address, prefix], env);
    assert.equal(result.code, 0, result.stderr);
    const names = receiver.spans().map(({ name }) => name.replace(`${prefix}-`, ''));
    return { result, names: names.sort() };
  };

  const fromEnvironment = (more: Record<string, string>) =>
    run((args, env) =>
      runPreloaded('sampled.cjs', { args, env: { ...env, OTEL_TRACES_SAMPLER: 'messaging', ...more } }),
    );
  const ORDERS_ONLY = {
    OTEL_TRACES_SAMPLER_ARG: '0',
    OTEL_MQ_SAMPLER_DESTINATIONS: '*-orders=1,*-copies=1,*-receipts=0',
    OTEL_MQ_SAMPLER_DROP: '*-health',
  };

  it('keeps what is worth it, from the environment', async () => {
    const { result, names } = await fromEnvironment(ORDERS_ONLY);
    assert.deepEqual(ourLines(result), []);
    assert.deepEqual(names, KEPT);
  });

  it('keeps the same from a file', async () => {
    const sampler =
      '{ destinations: { "*-orders": 1, "*-copies": 1, "*-receipts": 0 }, drop: ["*-health"], root: { always_off: } }';
    const { result, names } = await run((args, env) => {
      const yaml = fileFor(env.OTEL_EXPORTER_OTLP_ENDPOINT);
      const file = yaml.replace('tracer_provider:', `tracer_provider:\n  sampler: { messaging: ${sampler} }`);
      return runWithFile('sampled.cjs', file, { args });
    });
    assert.deepEqual(ourLines(result), []);
    assert.deepEqual(names, KEPT);
  });

  it('keeps the same by code, beside an SDK of the app', async () => {
    const { names } = await run((args, env) => runPlain('sampled-node-sdk.cjs', { args, env }));
    assert.deepEqual(names, KEPT);
  });

  it('keeps no more than its options say', async () => {
    const { names } = await fromEnvironment({
      ...ORDERS_ONLY,
      OTEL_MQ_SAMPLER_KEEP_DEAD_LETTERS: 'false',
      OTEL_MQ_SAMPLER_KEEP_FAILURES: 'false',
      OTEL_MQ_SAMPLER_KEEP_FROM_DELIVERY: '3',
    });
    assert.deepEqual(names, [
      'consume orders',
      'consume receipts',
      'process mixed',
      'publish orders',
      'publish receipts',
      'send mixed',
    ]);
  });

  it('samples all traces that begin elsewhere, by default', async () => {
    const { names } = await fromEnvironment({ OTEL_MQ_SAMPLER_DROP: '*-health' });
    assert.ok(names.includes('publish audit') && names.includes('consume audit'), names.join());
    assert.deepEqual(
      names.filter(name => name.endsWith('health')),
      [],
    );
  });

  it('tells of what it cannot use', async () => {
    const { result, names } = await fromEnvironment({
      ...ORDERS_ONLY,
      OTEL_MQ_SAMPLER_KEEP_FROM_DELIVERY: 'second',
      OTEL_MQ_SAMPLER_DROPS: '*-orders',
    });
    assert.deepEqual(names, KEPT);
    const lines = ourLines(result).join('\n');
    assert.match(lines, /OTEL_MQ_SAMPLER_KEEP_FROM_DELIVERY is "second"; allowed: a whole number/);
    assert.match(lines, /OTEL_MQ_SAMPLER_DROPS: there is no such option; did you mean OTEL_MQ_SAMPLER_DROP\?/);
  });
});
