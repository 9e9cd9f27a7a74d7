import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { startOtlpReceiver, withShopAddresses, type OtlpReceiver } from '@queuetrace/test-utils';
import { runPreloaded } from './preloaded';

const EVERY_VOCABULARY = {
  OTEL_SEMCONV_STABILITY_OPT_IN: 'messaging/dup',
  OTEL_INSTRUMENTATION_MESSAGING_BODY_SIZE: 'true',
  OTEL_INSTRUMENTATION_MESSAGING_SETTLE_SPANS: 'all',
  OTEL_INSTRUMENTATION_MESSAGING_PRODUCER_SPANS: 'message',
  OTEL_INSTRUMENTATION_MESSAGING_HEADERS_INCLUDED: 'tenant',
};
const MAX_LENGTH = 1024;

describe('secrets', () => {
  const addresses = withShopAddresses();
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.stop());

  it('are in no span, metric, log or line that is written: passwords, keys, bodies, phone numbers and headers that nobody asked for', async () => {
    const env = { ...EVERY_VOCABULARY, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_LOG_LEVEL: 'all' };
    const { code, stdout, stderr } = await runPreloaded('secrets.cjs', { args: addresses(), env });
    assert.equal(code, 0, stderr);
    const spans = receiver.spans();
    const systems = new Set(spans.map(({ attributes }) => attributes['messaging.system']));
    assert.deepEqual([...systems].sort(), ['aws_sqs', 'kafka', 'rabbitmq']);
    const told = inspect([spans, receiver.metrics(), receiver.logs()], { depth: null, maxArrayLength: null });
    assert.match(told, /shown/, 'the header that was asked for');
    assert.match(told, /process \S+-sns/, 'what SNS has put into a queue');
    // Real Kafka is here without SASL.
    if (process.env.QUEUETRACE_BROKERS !== 'real') assert.match(told, /send \S+-sasl/, 'who is let in');
    for (const text of [told, stdout, stderr]) assert.doesNotMatch(text, /canary|p@ss|p%40ss|43123456789/);
    for (const { attributes } of spans) {
      for (const value of Object.values(attributes)) {
        if (typeof value === 'string') assert.ok(value.length <= MAX_LENGTH, `${value.length} characters`);
      }
    }
  });
});
