import assert from 'node:assert/strict';
import type { AppResult } from '@queuetrace/test-utils';
import { ourLines, runPlain, runPreloaded } from './preloaded';

type Environment = Record<string, string>;

/** One line each: what, where it was set, what is allowed, and the nearest match. */
const MISTAKES: [Environment, RegExp][] = [
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, /OTEL_TRACES_EXPORTER: "zipkin" .*allowed: otlp, console, none/],
  [{ OTEL_TRACES_EXPORTER: 'otpl' }, /OTEL_TRACES_EXPORTER: "otpl" .*Did you mean otlp\?/],
  [{ OTEL_METRICS_EXPORTER: 'prometheus' }, /OTEL_METRICS_EXPORTER: "prometheus" .*allowed: otlp, console, none/],
  [
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    /OTEL_EXPORTER_OTLP_PROTOCOL .*not bundled; allowed: http\/protobuf, http\/json/,
  ],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuff' }, /"http\/protobuff" .*Did you mean http\/protobuf\?/],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' },
    /OTEL_EXPORTER_OTLP_ENDPOINT is "localhost:4318"; allowed: a URL/,
  ],
  [{ OTEL_EXPORTER_OTLP_TIMEOUT: '10s' }, /OTEL_EXPORTER_OTLP_TIMEOUT is "10s"; allowed: a whole number/],
  [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' }, /OTEL_EXPORTER_OTLP_COMPRESSION: "zstd" .*allowed: gzip, none/],
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'a secret' }, /OTEL_EXPORTER_OTLP_HEADERS is "…"; allowed: key=value/],
  [{ OTEL_EXPORTER_OTLP_CERTIFICATE: '/no/such/file' }, /\/no\/such\/file cannot be read/],
  [{ OTEL_PROPAGATORS: 'tracecontext,jaeger' }, /OTEL_PROPAGATORS: "jaeger" .*allowed: tracecontext, baggage, b3/],
  [{ OTEL_TRACES_SAMPLER: 'ratio' }, /OTEL_TRACES_SAMPLER: "ratio" .*Did you mean traceidratio\?/],
  [
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '10%' },
    /OTEL_TRACES_SAMPLER_ARG is "10%"; allowed/,
  ],
  [{ OTEL_BSP_MAX_QUEUE_SIZE: '-1' }, /OTEL_BSP_MAX_QUEUE_SIZE is "-1"; allowed: a whole number, 1 or more/],
  [{ OTEL_METRIC_EXPORT_INTERVAL: 'often' }, /OTEL_METRIC_EXPORT_INTERVAL is "often"; allowed/],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'team' }, /OTEL_RESOURCE_ATTRIBUTES is "team"; allowed: key=value/],
  [{ OTEL_NODE_RESOURCE_DETECTORS: 'hosts' }, /OTEL_NODE_RESOURCE_DETECTORS: "hosts" .*Did you mean host\?/],
  [{ OTEL_LOG_LEVEL: 'loud' }, /OTEL_LOG_LEVEL: "loud" .*allowed: none, error, warn, info/],
  [{ OTEL_MQ_SHUTDOWN_TIMEOUT: 'soon' }, /OTEL_MQ_SHUTDOWN_TIMEOUT is "soon"; allowed/],
  [{ OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'kafka' }, /OTEL_NODE_DISABLED_INSTRUMENTATIONS: "kafka" .*mean kafkajs\?/],
  [
    { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'kafkajs,http' },
    /OTEL_NODE_ENABLED_INSTRUMENTATIONS: "http" .*allowed: kafkajs/,
  ],
  [{ OTEL_INSTRUMENTATION_KAFKAJS_MAXLINKS: '5' }, /did you mean OTEL_INSTRUMENTATION_KAFKAJS_MAX_LINKS\?/],
  [{ OTEL_INSTRUMENTATION_KAFKA_ENABLED: 'false' }, /did you mean OTEL_INSTRUMENTATION_KAFKAJS_ENABLED\?/],
  [
    { OTEL_INSTRUMENTATION_SQS_CARRIER: 'atributes' },
    /OTEL_INSTRUMENTATION_SQS_CARRIER is .*Did you mean attributes\?/,
  ],
  [
    { OTEL_INSTRUMENTATION_AMQPLIB_SENT_AT: 'yes' },
    /OTEL_INSTRUMENTATION_AMQPLIB_SENT_AT is "yes"; allowed: true or false/,
  ],
  [{ OTEL_SEMCONV_STABILITY_OPT_IN: 'http,mesaging' }, /OPT_IN: "mesaging" .*Did you mean messaging\?/],
  [
    { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'kafkajs', OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'kafkajs' },
    /OTEL_NODE_ENABLED_INSTRUMENTATIONS and OTEL_NODE_DISABLED_INSTRUMENTATIONS both name kafkajs: it is off/,
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPONT: 'http://x' },
    /OTEL_EXPORTER_OTLP_ENDPONT is read by nobody; .*OTEL_EXPORTER_OTLP_ENDPOINT\?/,
  ],
  [{ OTEL_SERVICENAME: 'shop' }, /OTEL_SERVICENAME is read by nobody; did you mean OTEL_SERVICE_NAME\?/],
  [{ OTEL_MQ_SHUTDOWN_TIMOUT: '1' }, /did you mean OTEL_MQ_SHUTDOWN_TIMEOUT\?/],
  [
    { OTEL_MQ_SAMPLER_DROPS: 'x' },
    /OTEL_MQ_SAMPLER_DROPS: there is no such option; did you mean OTEL_MQ_SAMPLER_DROP\?/,
  ],
  [{ OTEL_MQ_SAMPLER_DROP: 'health-*' }, /OTEL_MQ_SAMPLER_DROP is for OTEL_TRACES_SAMPLER=messaging/],
  [
    { OTEL_TRACES_SAMPLER: 'messaging', OTEL_MQ_SAMPLER_DESTINATIONS: 'orders' },
    /OTEL_MQ_SAMPLER_DESTINATIONS is "orders"; allowed: ratios from 0 to 1 by glob/,
  ],
  [{ OTEL_INSTRUMENTATION_KAFKAJS_MAX_LINKS: 'many' }, /OTEL_INSTRUMENTATION_KAFKAJS_MAX_LINKS is "many"; allowed/],
];

describe('a mistake in the environment', () => {
  let plain: AppResult;

  before(async () => {
    plain = await runPlain('hello.cjs');
  });

  for (const [env, line] of MISTAKES) {
    it(`is told in one line: ${Object.entries(env)
      .map(pair => pair.join('='))
      .join(' ')}`, async () => {
      const result = await runPreloaded('hello.cjs', { env });
      assert.deepEqual([result.code, result.stdout], [plain.code, plain.stdout]);
      assert.match(result.stderr, line);
      assert.equal(result.stderr.trim().split('\n').length, 1, result.stderr);
    });
  }

  it('does not show what may be a credential', async () => {
    const { stderr } = await runPreloaded('hello.cjs', { env: { OTEL_EXPORTER_OTLP_HEADERS: 'my-secret-token' } });
    assert.doesNotMatch(stderr, /my-secret-token/);
  });

  it("is none where a variable is another tool's", async () => {
    const env = {
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://x',
      OTEL_METRICS_EXEMPLAR_FILTER: 'always_on',
      OTEL_GO_X: '1',
    };
    assert.equal((await runPreloaded('hello.cjs', { env })).stderr, '');
  });

  it('is none where another distribution in the process is told to leave something out', async () => {
    const env = { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'aws-sdk,http' };
    assert.equal((await runPreloaded('hello.cjs', { env })).stderr, '');
  });

  it('is told in the preload of a shared option too, once', async () => {
    const env = { OTEL_INSTRUMENTATION_MESSAGING_CONSUMER_PARENT: 'both' };
    assert.equal(ourLines(await runPreloaded('hello.cjs', { env })).length, 1);
  });
});
