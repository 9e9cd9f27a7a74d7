import assert from 'node:assert/strict';
import { startOtlpReceiver, uniqueName, withBroker, type AppOptions, type OtlpReceiver } from '@queuetrace/test-utils';
import { ourLines, runPlain, runPreloaded } from '../preloaded';
import { fileFor, runWithFile } from './configuration-file';

describe('OTEL_CONFIG_FILE', () => {
  const kafka = withBroker('kafka');
  const rabbitmq = withBroker('rabbitmq');
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.stop());

  const run = (more = '', options: AppOptions = {}) =>
    runWithFile('two-brokers.cjs', fileFor(receiver.url, more), {
      args: [kafka.address, rabbitmq.address, uniqueName('orders')],
      ...options,
    });
  const js = (lines: string) => `instrumentation/development:\n  js:\n${lines}`;
  const scopes = () => [
    ...new Set(receiver.spans().map(({ scope }) => scope.replace('@queuetrace/instrumentation-', ''))),
  ];
  const kafkaSpan = () => receiver.spans().find(({ scope }) => scope.endsWith('kafkajs'))!;

  it('configures the SDK: the resource, the exporters, the metrics', async () => {
    const result = await run();
    assert.deepEqual([result.code, ourLines(result)], [0, []]);
    assert.deepEqual(scopes(), ['kafkajs', 'amqplib']);
    assert.equal(kafkaSpan().resource['service.name'], 'shop');
    assert.ok(receiver.metrics().some(({ name }) => name === 'messaging.client.sent.messages'));
  });

  it('configures all clients under js.messaging, and a client under its short name, which counts more', async () => {
    const result = await run(
      js('    messaging: { semconv: [legacy], body_size: true }\n    kafkajs: { semconv: [1.45] }'),
    );
    assert.deepEqual(ourLines(result), []);
    const rabbitmqSpan = receiver.spans().find(({ scope }) => scope.endsWith('amqplib'))!;
    assert.equal(kafkaSpan().attributes['messaging.system.name'], 'kafka');
    assert.equal(rabbitmqSpan.attributes['messaging.destination_kind'], 'queue');
    assert.equal(rabbitmqSpan.attributes['messaging.system.name'], undefined);
  });

  it("takes a client's package name as well", async () => {
    assert.deepEqual(ourLines(await run(js('    "@queuetrace/instrumentation-kafkajs": { enabled: false }'))), []);
    assert.deepEqual(scopes(), ['amqplib']);
  });

  it('leaves the library of a client wholly alone that is off there', async () => {
    const file = fileFor(receiver.url, js('    kafkajs: { enabled: false }'));
    assert.equal((await runWithFile('wrapped.cjs', file)).stdout, (await runPlain('wrapped.cjs')).stdout);
    await run(js('    kafkajs: { enabled: false }'));
    assert.deepEqual(scopes(), ['amqplib']);
  });

  it('turns on a single client where all are off', async () => {
    await run(js('    messaging: { enabled: false }\n    amqplib: { enabled: true }'));
    assert.deepEqual(scopes(), ['amqplib']);
  });

  it("opts into newer conventions in the file's own words", async () => {
    await run('instrumentation/development:\n  general: { stability_opt_in_list: "http,messaging" }');
    assert.equal(kafkaSpan().attributes['messaging.system.name'], 'kafka');
  });

  it('takes what it names from the environment, and nothing else; what is set all the same is named in one line', async () => {
    const more = js(
      '    messaging: { ignore_destinations: "${IGNORED}", semconv: "${env:OTEL_SHOP_SEMCONV:-legacy}" }',
    );
    const env = {
      IGNORED: 'payments-*, orders-*',
      OTEL_SHOP_SEMCONV: '1.45',
      OTEL_SERVICE_NAME: 'another',
      OTEL_INSTRUMENTATION_KAFKAJS_ENABLED: 'false',
    };
    const result = await run(more, { env });
    assert.deepEqual(scopes(), []);
    assert.equal(ourLines(result).length, 1, result.stderr);
    assert.match(ourLines(result)[0], /not: OTEL_INSTRUMENTATION_KAFKAJS_ENABLED, OTEL_SERVICE_NAME\.$/);
    await run(js('    messaging: { semconv: "${env:OTEL_SHOP_SEMCONV:-legacy}" }'), { env });
    assert.equal(kafkaSpan().attributes['messaging.system.name'], 'kafka');
    assert.equal(kafkaSpan().resource['service.name'], 'shop');
  });

  it('starts nothing where the file says disabled, whatever OTEL_SDK_DISABLED says', async () => {
    const result = await runWithFile('wrapped.cjs', `${fileFor(receiver.url)}disabled: true\n`);
    assert.equal(result.stdout, (await runPlain('wrapped.cjs')).stdout);
    await run('', { env: { OTEL_SDK_DISABLED: 'true' } });
    assert.deepEqual(scopes(), ['kafkajs', 'amqplib']);
  });

  it('is as loud as its log_level', async () => {
    const { stderr } = await run('log_level: info');
    assert.match(stderr, /^opentelemetry info: queuetrace: on for kafkajs, amqplib/m);
  });

  it('limits attributes for all signals, and for one of them', async () => {
    await run('attribute_limits: { attribute_value_length_limit: 3 }');
    assert.equal(kafkaSpan().attributes['messaging.system'], 'kaf');
  });

  it('filters what is detected of the resource', async () => {
    const detection =
      'detection/development: { detectors: [{ process: }, { os: }], attributes: { excluded: [process.*] } }';
    const file = fileFor(receiver.url).replace(
      'resource:\n',
      `resource:\n  ${detection}\n  attributes_list: team=a%20b\n`,
    );
    const args = [kafka.address, rabbitmq.address, uniqueName('orders')];
    assert.deepEqual(ourLines(await runWithFile('two-brokers.cjs', file, { args })), []);
    const { resource } = kafkaSpan();
    assert.deepEqual([resource['team'], resource['process.pid']], ['a b', undefined]);
    assert.ok(resource['os.type']);
  });

  it('is where a collector that does not answer was configured', async () => {
    const result = await runWithFile('kafka.cjs', fileFor('http://127.0.0.1:1'), {
      args: [kafka.address, uniqueName('orders')],
    });
    assert.match(result.stderr, /http:\/\/127\.0\.0\.1:1 .*OTEL_CONFIG_FILE/);
  });

  it('is not there: the app runs untraced, and one line says so', async () => {
    const result = await runPreloaded('hello.cjs', { env: { OTEL_CONFIG_FILE: '/no/such.yaml' } });
    assert.deepEqual(result.stdout, (await runPlain('hello.cjs')).stdout);
    assert.match(
      result.stderr,
      /^queuetrace: OTEL_CONFIG_FILE \/no\/such\.yaml: cannot be read \(ENOENT\)\. .*untraced\.\n$/,
    );
  });
});
