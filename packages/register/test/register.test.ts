import assert from 'node:assert/strict';
import { startOtlpReceiver, uniqueName, withBroker, type AppOptions, type OtlpReceiver } from '@queuetrace/test-utils';
import { appLines, ourLines, REQUIRE, runPlain, runPreloaded } from './preloaded';

describe('the preload', () => {
  const kafka = withBroker('kafka');
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.stop());

  const run = (app: string, options: AppOptions) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_SERVICE_NAME: 'shop', ...options.env };
    return runPreloaded(app, { args: [kafka.address, uniqueName('orders')], ...options, env });
  };

  for (const app of ['kafka.cjs', 'kafka.mjs']) {
    const ways: Record<string, AppOptions> = {
      '--require': { nodeArgs: REQUIRE },
      '--import': { nodeArgs: ['--import', '@queuetrace/register'] },
      NODE_OPTIONS: { nodeArgs: [], env: { NODE_OPTIONS: REQUIRE.join(' ') } },
    };
    for (const [way, options] of Object.entries(ways)) {
      it(`exports the traces and metrics of ${app}, a one-shot script, by ${way}`, async () => {
        const result = await run(app, options);
        assert.equal(result.code, 0, result.stderr);
        assert.equal(result.stdout, 'processed an order\n');
        assert.deepEqual(ourLines(result), []);
        const [send, process] = receiver.spans();
        assert.deepEqual([send.kind, process.kind], ['PRODUCER', 'CONSUMER']);
        assert.equal(process.traceId, send.traceId);
        assert.equal(process.parentSpanId, send.spanId);
        assert.equal(send.resource['service.name'], 'shop');
        const metrics = new Set(receiver.metrics().map(({ name }) => name));
        assert.ok(metrics.has('messaging.client.sent.messages'), [...metrics].join());
        assert.ok(metrics.has('messaging.process.duration'), [...metrics].join());
      });
    }
  }

  it('starts once where it is preloaded twice', async () => {
    await run('kafka.cjs', { nodeArgs: [...REQUIRE, '--import', '@queuetrace/register'] });
    assert.equal(receiver.spans().length, 2);
  });

  it('exports JSON, compressed, to the endpoint of one signal', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`,
      OTEL_METRICS_EXPORTER: 'none',
    };
    assert.deepEqual(ourLines(await run('kafka.cjs', { env })), []);
    assert.equal(receiver.spans().length, 2);
    assert.deepEqual(receiver.requests(), { traces: 1, metrics: 0, logs: 0 });
  });

  it('prints spans on the console where it is asked to, and exports nothing', async () => {
    const env = { OTEL_TRACES_EXPORTER: 'console', OTEL_METRICS_EXPORTER: 'none' };
    const { stdout } = await run('kafka.cjs', { env });
    assert.match(stdout, /name: 'send orders-/);
    assert.deepEqual(receiver.requests(), { traces: 0, metrics: 0, logs: 0 });
  });

  it('samples as configured, and counts what is not sampled', async () => {
    await run('kafka.cjs', { env: { OTEL_TRACES_SAMPLER: 'always_off' } });
    assert.equal(receiver.spans().length, 0);
    assert.ok(receiver.metrics().some(({ name }) => name === 'messaging.client.sent.messages'));
  });

  for (const propagator of ['b3', 'b3multi', 'xray']) {
    it(`carries the trace through messages as ${propagator}`, async () => {
      await run('kafka.cjs', { env: { OTEL_PROPAGATORS: propagator } });
      const [send, process] = receiver.spans();
      assert.equal(process.parentSpanId, send.spanId);
    });
  }

  it('does nothing where the SDK is disabled', async () => {
    const env = { OTEL_SDK_DISABLED: 'true' };
    assert.deepEqual((await run('wrapped.cjs', { env })).stdout, (await runPlain('wrapped.cjs')).stdout);
    await run('kafka.cjs', { env });
    assert.deepEqual(receiver.requests(), { traces: 0, metrics: 0, logs: 0 });
  });

  it('says what it instruments with OTEL_LOG_LEVEL=info, on standard error only', async () => {
    const result = await run('hello.cjs', { env: { OTEL_LOG_LEVEL: 'info' } });
    assert.match(result.stderr, /^opentelemetry info: queuetrace: on for kafkajs, amqplib/m);
    assert.match(result.stdout, /^hello \d\n$/);
  });

  it('leaves an app alone that has no client library', async () => {
    const plain = await runPlain('hello.cjs');
    const result = await run('hello.cjs', { args: [] });
    assert.deepEqual([result.code, result.stdout, result.stderr], [plain.code, plain.stdout, plain.stderr]);
    assert.deepEqual(receiver.requests(), { traces: 0, metrics: 0, logs: 0 });
  });

  it('changes nothing of how an app fails whose client library is missing', async () => {
    const plain = await runPlain('missing-library.cjs');
    const result = await run('missing-library.cjs', {});
    assert.equal(result.code, 1);
    assert.deepEqual([result.code, result.stdout, result.stderr], [plain.code, plain.stdout, plain.stderr]);
  });

  it('changes nothing of how an app fails whose broker is unreachable', async () => {
    const args = ['127.0.0.1:1', 'orders'];
    const plain = await runPlain('kafka.cjs', { args });
    const result = await run('kafka.cjs', { args });
    assert.equal(result.code, 3);
    assert.deepEqual([result.stdout, appLines(result)], [plain.stdout, appLines(plain)]);
    assert.deepEqual(ourLines(result), []);
  });
});
