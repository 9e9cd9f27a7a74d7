import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runApp, startOtlpReceiver, uniqueName, withBroker, type OtlpReceiver } from '@queuetrace/test-utils';
import { REQUIRE, appFile, ourLines, runPreloaded } from './preloaded';

const API = path.join(require.resolve('@opentelemetry/api'), '../..');

describe("the app's own @opentelemetry/api", () => {
  const kafka = withBroker('kafka');
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.stop());

  const assertOneTrace = () => {
    const [own, send] = ['shop', '@queuetrace/instrumentation-kafkajs'].map(scope =>
      receiver.spans().find(span => span.scope === scope),
    );
    assert.ok(own, "the app's own span is not exported");
    assert.equal(send?.parentSpanId, own.spanId);
  };

  for (const name of ['@opentelemetry/api', 'opentelemetry-api-oldest']) {
    it(`makes spans of one trace with ours: ${name}`, async () => {
      const args = [kafka.address, uniqueName('orders'), require.resolve(name)];
      await runPreloaded('own-span.cjs', { args, env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
      assertOneTrace();
    });
  }

  it('makes spans of one trace with ours where it is newer than the bundled one', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'newer-api-'));
    try {
      const api = path.join(folder, 'node_modules/@opentelemetry/api');
      makeNewer(api);
      writeFileSync(path.join(folder, 'app.cjs'), `require(${JSON.stringify(appFile('own-span.cjs'))});`);
      const result = await runApp(path.join(folder, 'app.cjs'), {
        nodeArgs: [REQUIRE[0], require.resolve('@queuetrace/register')],
        args: [kafka.address, uniqueName('orders'), path.join(api, 'dist/index.cjs')],
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
      });
      assert.deepEqual(ourLines(result), []);
      assertOneTrace();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** A copy of the API as its next minor version will be. */
function makeNewer(folder: string): void {
  cpSync(API, folder, { recursive: true });
  const [version] = /\d+\.\d+\.\d+/.exec(readFileSync(path.join(API, 'package.json'), 'utf8').split('"version"')[1])!;
  const [major, minor] = version.split('.').map(Number);
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
    /\.(cjs|json)$/.test(name),
  )) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    writeFileSync(path.join(folder, file), text.replaceAll(version, `${major}.${minor + 1}.0`));
  }
}
