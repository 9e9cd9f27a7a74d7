import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ENV_PREFIX, OPTIONS, yamlName } from '@queuetrace/messaging';
import { startOtlpReceiver, uniqueName, withBroker, type OtlpReceiver } from '@queuetrace/test-utils';
import { withFolder } from '../loading/folder';
import { ourLines, runPlain, runScript } from '../preloaded';
import { SAMPLES, textOf } from './samples';

const FORMAT = 'file_format: "1.0"\n';

describe("OTEL_CONFIG_FILE beside an SDK of the app's own", () => {
  const kafka = withBroker('kafka');
  const folder = withFolder();
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.stop());

  const written = (yaml: string) => {
    const file = path.join(folder.path, 'shop.yaml');
    writeFileSync(file, yaml);
    return { OTEL_CONFIG_FILE: file };
  };
  const js = (sections: object) => `${FORMAT}instrumentation/development: ${JSON.stringify({ js: sections })}\n`;
  const resolved = async (code: object, env: Record<string, string>) => {
    const script = `
      const { KafkaJsInstrumentation } = require('@queuetrace/instrumentation-kafkajs');
      console.log(JSON.stringify(new KafkaJsInstrumentation(JSON.parse(process.argv[1])).getConfig()));`;
    const result = await runScript(script, { args: [JSON.stringify(code)], env });
    assert.equal(result.code, 0, result.stderr);
    return { config: JSON.parse(result.stdout) as Record<string, unknown>, lines: ourLines(result) };
  };

  it('is one of three ways to set any option: code, the environment, a file', async () => {
    const inEnv = Object.entries(SAMPLES).map(([key, value]) => [
      `${ENV_PREFIX}KAFKAJS_${OPTIONS[key as keyof typeof OPTIONS].suffix}`,
      textOf(value),
    ]);
    const inFile = Object.entries(SAMPLES).map(([key, value]) => [yamlName(key), value]);
    const ways = await Promise.all([
      resolved(SAMPLES, {}),
      resolved({}, Object.fromEntries(inEnv)),
      resolved({}, written(js({ kafkajs: Object.fromEntries(inFile) }))),
    ]);
    for (const { config, lines } of ways) {
      assert.deepEqual(config, SAMPLES);
      // Each is set, those too that mean nothing for this client.
      assert.ok(
        lines.every(line => /has no effect/.test(line)),
        lines.join('\n'),
      );
    }
  });

  it("counts less than code; a client's own section more than that of all", async () => {
    const sections = {
      messaging: { max_links: 1, body_size: true, metrics: false },
      kafkajs: { max_links: 2, metrics: true },
    };
    const { config } = await resolved({ metrics: false }, written(js(sections)));
    assert.deepEqual([config.maxLinks, config.bodySize, config.metrics], [2, true, false]);
  });

  it('configures the instrumentations of a NodeSDK; the environment does not, and one line says so', async () => {
    const env = {
      ...written(js({ '@queuetrace/instrumentation-kafkajs': { semconv: ['1.45'] } })),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_INSTRUMENTATION_MESSAGING_SEMCONV: 'legacy',
    };
    const result = await runPlain('node-sdk.cjs', { args: ['kafka.cjs', kafka.address, uniqueName('orders')], env });
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(
      receiver.spans().map(({ attributes }) => attributes['messaging.system.name']),
      ['kafka', 'kafka'],
    );
    assert.equal(ourLines(result).length, 1, result.stderr);
    assert.match(ourLines(result)[0], /and not: OTEL_INSTRUMENTATION_MESSAGING_SEMCONV\.$/);
  });

  it('that cannot be used leaves the options to the environment, and one line says why', async () => {
    const broken = { ...written(`${FORMAT}resource: [\n`), OTEL_INSTRUMENTATION_KAFKAJS_MAX_LINKS: '3' };
    const { config, lines } = await resolved({}, broken);
    assert.equal(config.maxLinks, 3);
    assert.equal(lines.length, 1);
    assert.match(lines[0], /not valid YAML: .* at line 3.* read from the environment instead\.$/);
  });
});
