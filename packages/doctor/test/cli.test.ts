import assert from 'node:assert/strict';
import { shopApp, startOtlpReceiver, withShopAddresses, type OtlpReceiver } from '@queuetrace/test-utils';
import { App } from './app';

const REGISTER = '@queuetrace/register';
const START = { start: `node --require ${REGISTER} app.js` };

describe('the doctor', () => {
  let receiver: OtlpReceiver;
  let app: App;

  before(async () => {
    receiver = await startOtlpReceiver();
  });
  after(() => receiver.stop());
  beforeEach(() => {
    app = new App();
    app.write('package.json', { scripts: START, dependencies: { kafkajs: '^2', [REGISTER]: '*' } });
    app.write('app.js', '');
    app.link(REGISTER);
    app.link('kafkajs');
  });
  afterEach(() => app.remove());

  const examine = (args: string[] = [], env: Record<string, string> = {}) =>
    app.doctor(args, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env });
  const assertProblem = async (line: RegExp, env?: Record<string, string>) => {
    const { stdout, code } = await examine([], env);
    assert.match(stdout, line);
    assert.match(stdout, /\n1 problem\.\n$/);
    assert.equal(code, 1);
  };

  it('says of an app that is as it should be what will be traced, and ends with 0', async () => {
    const { stdout, stderr, code } = await examine();
    assert.deepEqual(stdout.split('\n'), [
      `✔ Node.js ${process.versions.node}`,
      `✔ ${REGISTER} is preloaded by npm run start`,
      `✔ ${receiver.url}/v1/traces takes telemetry`,
      `✔ ${receiver.url}/v1/metrics takes telemetry`,
      '✔ kafkajs 2.2.4 can be traced',
      '',
      'No problem.',
      '',
    ]);
    assert.deepEqual([stderr, code], ['', 0]);
    assert.equal(receiver.spans().length + receiver.metrics().length, 0);
  });

  it('finds a copy of a version that is not supported, deep in node_modules', async () => {
    app.write('node_modules/billing/package.json', { name: 'billing', version: '1.0.0' });
    app.write('node_modules/billing/node_modules/kafkajs/package.json', { name: 'kafkajs', version: '1.15.0' });
    await assertProblem(
      /✘ kafkajs 1\.15\.0 \(node_modules\/billing\/node_modules\/kafkajs\) is not traced: .*\n.*>=1\.16\.0 <3/,
    );
  });

  it('finds one in the store of pnpm', async () => {
    const folder = 'node_modules/.pnpm/amqplib@0.8.0/node_modules/amqplib';
    app.write(`${folder}/package.json`, { name: 'amqplib', version: '0.8.0' });
    await assertProblem(/✘ amqplib 0\.8\.0 is not traced/);
  });

  it('finds a client that is not installed', async () => {
    app.write('package.json', { scripts: START, dependencies: { amqplib: '^1' } });
    await assertProblem(/✘ amqplib is in package\.json, but not installed/);
  });

  it('finds a client in the bundle that is started', async () => {
    app.write('package.json', { scripts: { start: `node --require ${REGISTER} dist/app.cjs` } });
    app.write('dist/app.cjs', `/*${'-'.repeat(60_000)}*/ class E { name = 'KafkaJSNonRetriableError' }`);
    await assertProblem(/✘ kafkajs is bundled into dist\/app\.cjs.*\n.*@queuetrace\/bundler-plugin/);
  });

  it('finds that the preload is not installed', async () => {
    const bare = new App();
    bare.link('kafkajs');
    const { stdout } = await bare.doctor([], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    bare.remove();
    assert.match(stdout, /✘ @queuetrace\/register is not installed\n +npm install/);
  });

  const MISTAKES: Record<string, [RegExp, Record<string, string>]> = {
    'a collector that is not there': [
      /✘ http:\/\/127\.0\.0\.1:1\/v1\/traces does not take telemetry: .*ECONNREFUSED/,
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_METRICS_EXPORTER: 'none' },
    ],
    'an option that does not exist': [
      /✘ OTEL_INSTRUMENTATION_KAFKAJS_MAXLINKS: .*did you mean OTEL_INSTRUMENTATION_KAFKAJS_MAX_LINKS\?/,
      { OTEL_INSTRUMENTATION_KAFKAJS_MAXLINKS: '5' },
    ],
    'that all is off': [/✘ queuetrace is switched off here/, { OTEL_SDK_DISABLED: 'true' }],
    'that no client is on': [/✘ no client is on/, { OTEL_INSTRUMENTATION_MESSAGING_ENABLED: 'false' }],
  };
  for (const [what, [line, env]] of Object.entries(MISTAKES)) {
    it(`finds ${what}`, () => assertProblem(line, env));
  }

  it('names a client that is off, and others that trace the same libraries, with what turns them off', async () => {
    app.write('package.json', { scripts: START, dependencies: { kafkajs: '2', 'dd-trace': '6', newrelic: '14' } });
    const { stdout, code } = await examine([], { OTEL_INSTRUMENTATION_AMQPLIB_ENABLED: 'false' });
    assert.match(stdout, /– dd-trace traces .*\n +DD_TRACE_DISABLED_INSTRUMENTATIONS=kafkajs,aws-sdk\n/);
    assert.match(stdout, /– newrelic traces .*\n +NEW_RELIC_INSTRUMENTATION_KAFKAJS_ENABLED=false\n/);
    assert.equal(code, 0);
  });

  it('gives the findings as JSON', async () => {
    const findings = JSON.parse((await examine(['--json'])).stdout) as { level: string; text: string }[];
    assert.ok(findings.some(({ level, text }) => level === 'fine' && text === 'kafkajs 2.2.4 can be traced'));
  });

  it('ends with 2 and tells how it is used where its arguments are wrong', async () => {
    const results = await Promise.all(
      [['another'], ['--jsn'], ['--run'], ['--seconds', 'x']].map(args => app.doctor(args)),
    );
    for (const { code, stderr, stdout } of results) {
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /npx @queuetrace\/doctor \[folder\]/);
    }
  });

  describe('that runs the app', () => {
    const addresses = withShopAddresses();

    it('says what was traced in the run, whatever the configured collector is', async () => {
      app.write('app.js', `require(${JSON.stringify(shopApp('shop.cjs'))});`);
      const { stdout, code } = await examine(['--run', 'app.js', ...addresses()]);
      assert.match(stdout, /^ordered\n/);
      assert.match(stdout, /✔ kafkajs 2\.2\.4 patched \(as it was loaded\): 1 send, 1 process\n/);
      assert.match(stdout, /✔ amqplib .* patched .*: 1 publish, 1 consume\n/);
      assert.match(stdout, /✔ @aws-sdk\/client-sqs .* patched .*: 1 send, 1 receive, 1 process\n/);
      assert.equal(code, 0, stdout);
      assert.equal(receiver.spans().length, 0);
    });

    it('does so for an app that starts queuetrace by itself', async () => {
      app.write('app.js', `require(${JSON.stringify(shopApp('late-classes.cjs'))});`);
      const { stdout } = await examine(['--as-is', '--run', 'app.js', ...addresses()]);
      assert.match(stdout, /✔ kafkajs 2\.2\.4 patched .*: 1 send, 1 process\n/);
    });

    it('says that an app failed, and what it did not load', async () => {
      app.write('app.js', 'process.exitCode = 3;');
      const { stdout, code } = await examine(['--run', 'app.js']);
      assert.match(stdout, /✘ the app ended with code 3\n– kafkajs was not loaded in this run/);
      assert.equal(code, 1);
    });

    it('ends an app that goes on', async () => {
      app.write('app.js', 'setInterval(() => {}, 1000);');
      const { stdout, code } = await examine(['--seconds', '1', '--run', 'app.js']);
      assert.match(stdout, /✔ the app ran for 1 s and was sent SIGTERM/);
      assert.equal(code, 0, stdout);
    });
  });
});
