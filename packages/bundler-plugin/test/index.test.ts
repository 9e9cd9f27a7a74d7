import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as queuetrace from '@queuetrace/bundler-plugin';
import {
  EVERYTHING,
  runApp,
  shopApp,
  startOtlpReceiver,
  told,
  withShopAddresses,
  type OtlpReceiver,
} from '@queuetrace/test-utils';
import { queuetrace as instrumentations } from '@queuetrace/register/instrumentations';
import { openTelemetryPlugin } from 'opentelemetry-esbuild-plugin-node';
import { BUNDLERS, byEsbuild } from './bundlers';

const PRELOAD = ['--require', require.resolve('@queuetrace/register')];

/** Its plugin asks instrumentations that are made while the bundle is. */
function openTelemetry() {
  const made = instrumentations();
  made.forEach(instrumentation => instrumentation.disable());
  return openTelemetryPlugin({ instrumentations: made });
}

describe('an app that is bundled with its clients', () => {
  const addresses = withShopAddresses();
  let receiver: OtlpReceiver;
  let folder: string;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
    folder = mkdtempSync(path.join(tmpdir(), 'queuetrace-bundle-'));
  });
  afterEach(async () => {
    await receiver.stop();
    rmSync(folder, { recursive: true });
  });

  const run = (file: string, nodeArgs: string[] = PRELOAD) =>
    runApp(file, {
      nodeArgs,
      args: addresses(),
      cwd: folder,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_METRICS_EXPORTER: 'otlp' },
    });
  const ourLines = ({ stderr }: { stderr: string }) =>
    stderr.split('\n').filter(line => line.startsWith('queuetrace:'));

  const scopesOfMetrics = () => [
    ...new Set(receiver.metrics().flatMap(({ scope }) => (scope.startsWith('@queuetrace/') ? [scope] : []))),
  ];

  for (const [name, bundle] of Object.entries(BUNDLERS)) {
    it(`is traced with the preload, by ${name}`, async () => {
      const result = await run(await bundle(shopApp('shop.mjs'), folder));
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual(told(receiver), EVERYTHING, result.stderr);
      assert.deepEqual(ourLines(result), []);
    });
  }

  it('is traced with the preload in the bundle, minified, and needs nothing else', async () => {
    const bundle = byEsbuild('cjs', [queuetrace.esbuild()], true);
    const result = await run(await bundle(shopApp('with-register.cjs'), folder), []);
    assert.deepEqual(told(receiver), EVERYTHING, result.stderr);
    assert.deepEqual(ourLines(result), []);
  });

  // The community's cannot find out the version of amqplib from 2.0 on, whose package.json is not exported.
  const COMMUNITY = {
    'the community plugin opentelemetry-esbuild-plugin-node': [openTelemetry],
    'the community plugin behind ours': [queuetrace.esbuild, openTelemetry],
  };
  for (const [name, plugins] of Object.entries(COMMUNITY)) {
    it(`is traced with the preload, by ${name}`, async () => {
      const bundle = byEsbuild(
        'cjs',
        plugins.map(plugin => plugin()),
      );
      const result = await run(await bundle(shopApp('shop.cjs'), folder));
      assert.equal(result.code, 0, result.stderr);
      const isAll = plugins.length > 1;
      assert.deepEqual(told(receiver), isAll ? EVERYTHING : EVERYTHING.slice(2), result.stderr);
      assert.equal(scopesOfMetrics().length, isAll ? 3 : 2);
      const lines = ourLines(result);
      assert.ok(isAll ? lines.length === 0 : lines.length === 1 && /amqplib is bundled/.test(lines[0]), result.stderr);
    });
  }

  it('is traced with the SDK and the instrumentations in the bundle too', async () => {
    const bundle = byEsbuild('cjs', [queuetrace.esbuild()]);
    const result = await run(await bundle(shopApp('late-classes.cjs'), folder), []);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(told(receiver), EVERYTHING, result.stderr);
    assert.deepEqual(ourLines(result), []);
  });

  it('is told without the plugin that its clients are not traced, in a line for each', async () => {
    const result = await run(await byEsbuild('cjs', [], true)(shopApp('shop.cjs'), folder));
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(told(receiver), []);
    const lines = ourLines(result).map(line => /^queuetrace: (\S+) is bundled into (.+), where/.exec(line)?.slice(1));
    const file = path.join(folder, 'app.cjs');
    assert.deepEqual(lines.sort(), [
      ['@aws-sdk/client-sqs', file],
      ['amqplib', file],
      ['kafkajs', file],
    ]);
  });
});
