import assert from 'node:assert/strict';
import { startOtlpReceiver, uniqueName, withBroker, type OtlpReceiver, type OtlpSpan } from '@queuetrace/test-utils';
import { ourLines, runPlain, runPreloaded } from './preloaded';

describe('registering with NodeSDK', () => {
  const kafka = withBroker('kafka');
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.stop());

  /** What does not differ from run to run. */
  const shape = (spans: OtlpSpan[], topic: string) => {
    const ids = spans.map(({ spanId }) => spanId);
    return spans.map(({ name, kind, parentSpanId, attributes, links, status, scope }) => ({
      name: name.replace(topic, 'T'),
      kind,
      parent: ids.indexOf(parentSpanId),
      attributes: Object.keys(attributes).sort(),
      links: links.map(({ spanId, attributes }) => [ids.indexOf(spanId), attributes]),
      status: status.code,
      scope,
    }));
  };

  const env = () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_SERVICE_NAME: 'shop' });

  for (const app of ['kafka.cjs', 'kafka.mjs']) {
    it(`gives the same spans of ${app} as the preload`, async () => {
      const topic = uniqueName('orders');
      const result = await runPlain('node-sdk.cjs', { args: [app, kafka.address, topic], env: env() });
      assert.deepEqual([result.code, result.stdout, ourLines(result)], [0, 'processed an order\n', []], result.stderr);
      const registered = shape(receiver.spans(), topic);
      await receiver.stop();

      receiver = await startOtlpReceiver();
      const preloadedTopic = uniqueName('orders');
      await runPreloaded(app, { args: [kafka.address, preloadedTopic], env: env() });
      assert.equal(registered.length, 2);
      assert.deepEqual(registered, shape(receiver.spans(), preloadedTopic));
    });
  }

  it('exports metrics too', async () => {
    await runPlain('node-sdk.cjs', {
      args: ['kafka.cjs', kafka.address, uniqueName('orders')],
      env: { ...env(), OTEL_METRICS_EXPORTER: 'otlp' },
    });
    const names = new Set(receiver.metrics().map(({ name }) => name));
    assert.ok(names.has('messaging.client.sent.messages') && names.has('messaging.queue_time'), [...names].join());
  });
});
