import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EVERYTHING, startOtlpReceiver, told, uniqueName, withBroker, type OtlpReceiver } from '@queuetrace/test-utils';
import { appFile, ourLines, REQUIRE, runPreloaded } from '../preloaded';
import { copyKafkaJs, withFolder } from './folder';
import { withShop } from './shop';

const INFO = { OTEL_LOG_LEVEL: 'info' };
/** A message that somebody else has put a context into keeps it: a send's kind depends on that. */
const withoutKind = (lines: readonly string[]) => lines.map(line => line.replace(/ [A-Z]+ /, ' ')).sort();
const OTHERS = ['--require', appFile('loading/opentelemetry-instrumentations.cjs')];

describe('a library', () => {
  const shop = withShop();
  const kafka = withBroker('kafka');
  const folder = withFolder();
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.stop());

  const patched = (stderr: string) =>
    [...stderr.matchAll(/queuetrace: (\S+ \S+ patched .*)$/gm)].map(([, line]) => line);
  const runCopies = (...folders: string[]) =>
    runPreloaded('loading/kafka-copies.cjs', {
      args: [kafka.address, uniqueName('orders'), ...folders],
      env: { ...INFO, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    });

  it('is named with its version when it is patched, with OTEL_LOG_LEVEL=info', async () => {
    const { stderr } = await shop.run('shop.cjs', receiver, { env: INFO });
    assert.ok(patched(stderr).includes('kafkajs 2.2.4 patched (as it was loaded)'), stderr);
    assert.deepEqual(patched(stderr).filter(line => /^kafkajs|^amqplib|client-sqs/.test(line)).length, 3);
  });

  for (const app of ['late.cjs', 'late.mjs', 'late-classes.cjs']) {
    it(`that was loaded before us is adopted, with the clients made of it: ${app}`, async () => {
      const result = await shop.run(app, receiver, { nodeArgs: [], env: INFO });
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual(told(receiver), EVERYTHING, result.stderr);
    });
  }

  it('that was loaded before us is named as adopted, with what of it stays untraced', async () => {
    const { stderr } = await shop.run('late.cjs', receiver, { nodeArgs: [], env: INFO });
    const how = 'adopted: loaded without our hook; producers and consumers made before stay untraced';
    assert.ok(patched(stderr).includes(`kafkajs 2.2.4 patched (${how})`), stderr);
  });

  it('is patched in each of its copies', async () => {
    const copies = [copyKafkaJs(folder.path, '2.2.3'), copyKafkaJs(path.join(folder.path, 'shop'))];
    const result = await runCopies(...copies);
    assert.deepEqual(told(receiver), ['kafkajs PRODUCER send', 'kafkajs PRODUCER send']);
    assert.deepEqual(patched(result.stderr), [
      'kafkajs 2.2.3 patched (as it was loaded)',
      'kafkajs 2.2.4 patched (as it was loaded)',
    ]);
  });

  it('is patched where node_modules has links to a store, as pnpm makes them', async () => {
    const store = path.join(folder.path, 'node_modules/.pnpm/kafkajs@2.2.4');
    copyKafkaJs(store);
    const link = path.join(folder.path, 'node_modules/kafkajs');
    symlinkSync(path.join(store, 'node_modules/kafkajs'), link, 'junction');
    await runCopies(link);
    assert.deepEqual(told(receiver), ['kafkajs PRODUCER send']);
  });

  for (const version of ['3.0.0', '1.15.0', '2.3.0-beta.1']) {
    it(`of a version that is not supported is left alone, and one line says so: ${version}`, async () => {
      const result = await runCopies(copyKafkaJs(folder.path, version));
      assert.equal(result.code, 0);
      assert.deepEqual(told(receiver), []);
      assert.equal(ourLines(result).length, 1, result.stderr);
      assert.match(ourLines(result)[0], new RegExp(`kafkajs ${version} is not supported.*supported: >=1\\.16\\.0 <3`));
    });
  }

  it('of a version that is not supported is told of even where its files have moved', async () => {
    const copy = copyKafkaJs(folder.path, '3.0.0');
    renameSync(path.join(copy, 'src'), path.join(copy, 'lib'));
    writeFileSync(path.join(copy, 'index.js'), "module.exports = { Kafka: require('./lib'), logLevel: {} };");
    assert.match(ourLines(await runCopies(copy)).join(), /kafkajs 3\.0\.0 is not supported/);
  });

  // From ESM, what it patches of kafkajs is not reached.
  const doubled = { 'shop.cjs': ['amqplib', 'kafkajs', 'sqs'], 'shop.mjs': ['amqplib', 'sqs'] };
  for (const [app, clients] of Object.entries(doubled)) {
    for (const [order, nodeArgs] of Object.entries({
      before: [...OTHERS, ...REQUIRE],
      after: [...REQUIRE, ...OTHERS],
    })) {
      it(`that OpenTelemetry's own instrumentation patches ${order} us is traced by us, and told of in one line: ${app}`, async () => {
        const result = await shop.run(app, receiver, { nodeArgs });
        assert.equal(result.code, 0, result.stderr);
        assert.deepEqual(withoutKind(told(receiver)), withoutKind(EVERYTHING));
        const lines = ourLines(result).map(
          line => /^queuetrace: (\w+) is instrumented by another .* own\.$/.exec(line)?.[1],
        );
        assert.deepEqual(lines.sort(), clients, result.stderr);
      });
    }
  }

  it("that OpenTelemetry's own instrumentation patches is left to it where ours is turned off, as the line says", async () => {
    const env = { OTEL_INSTRUMENTATION_KAFKAJS_ENABLED: 'false', OTEL_INSTRUMENTATION_SQS_ENABLED: 'false' };
    const result = await shop.run('shop.cjs', receiver, { nodeArgs: [...REQUIRE, ...OTHERS], env });
    assert.deepEqual(withoutKind(told(receiver)), withoutKind(EVERYTHING.slice(0, 2)));
    assert.equal(ourLines(result).length, 1, result.stderr);
  });

  it("that a vendor's agent traces too is told of in one line, unless the agent is told to leave it", async () => {
    const agent = path.join(folder.path, 'node_modules/dd-trace/init.js');
    mkdirSync(path.dirname(agent), { recursive: true });
    writeFileSync(agent, '');
    const linesWith = async (env: Record<string, string>) => {
      const nodeArgs = ['--require', agent, ...REQUIRE];
      const args = [kafka.address, uniqueName('orders'), copyKafkaJs(folder.path)];
      const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
      return ourLines(await runPreloaded('loading/kafka-copies.cjs', { nodeArgs, args, env: { ...endpoint, ...env } }));
    };
    const lines = await linesWith({});
    assert.equal(lines.length, 1);
    assert.match(lines[0], /kafkajs is traced by dd-trace as well\. DD_TRACE_DISABLED_INSTRUMENTATIONS=kafkajs turns/);
    assert.deepEqual(await linesWith({ DD_TRACE_DISABLED_INSTRUMENTATIONS: 'fs,kafkajs' }), []);
  });

  it('that is instrumented twice by us is told of', async () => {
    const result = await shop.run('late-classes.cjs', receiver);
    assert.equal(
      ourLines(result).filter(line => /instrumented by another queuetrace/.test(line)).length,
      3,
      result.stderr,
    );
  });
});
