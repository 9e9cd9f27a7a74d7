import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { startOtlpReceiver, type OtlpReceiver } from '@queuetrace/test-utils';
import { CLIENT_PACKAGES } from '../../src/clients';
import { appFile, runScript } from '../preloaded';
import { copyKafkaJs, withFolder } from './folder';
import { withShop } from './shop';

/** For all scripts: prints what is compared, `producer of kafkajs is what it is without us` and the like. */
const PRELUDE = `
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { KafkaJsInstrumentation } = require('@queuetrace/instrumentation-kafkajs');
  const isPatched = Kafka => !/createProducer/.test(String(Kafka.prototype.producer));
  const print = (...values) => console.log(JSON.stringify(values));
`;

/** Each of these is a trap that InstrumentationBase has; mocha itself changes how it loads, so each runs in a process. */
describe('the base class', () => {
  const folder = withFolder();
  const shop = withShop();
  let receiver: OtlpReceiver;

  before(async () => {
    receiver = await startOtlpReceiver();
  });
  after(() => receiver.stop());

  const printed = async (script: string, ...args: string[]) => {
    const { stdout, stderr, code } = await runScript(PRELUDE + script, { args });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as unknown[];
  };

  it('(a) enables what is registered, so a client that is off is not made', async () => {
    const script = `
      const { queuetrace } = require('@queuetrace/register/instrumentations');
      const made = queuetrace({ kafkajs: { enabled: false }, sqs: false });
      registerInstrumentations({ instrumentations: made });
      print(made.map(one => one.instrumentationName), isPatched(require('kafkajs').Kafka));`;
    assert.deepEqual(await printed(script), [[CLIENT_PACKAGES.amqplib], false]);
  });

  it('(b) calls its subclass before the fields of that are set, and nothing is wiped out', async () => {
    const script = `
      const { Kafka } = require('kafkajs');
      const ours = new KafkaJsInstrumentation({ maxLinks: 7 });
      const patched = isPatched(Kafka);
      ours.disable();
      print(ours.getConfig().maxLinks, patched, isPatched(Kafka));`;
    assert.deepEqual(await printed(script), [7, true, false]);
  });

  it('(c) forgets defaults with setConfig, and ours are there again', async () => {
    const script = `
      const ours = new KafkaJsInstrumentation();
      ours.setConfig({ metrics: false });
      const { enabled, maxLinks, metrics } = ours.getConfig();
      print(enabled, maxLinks, metrics);`;
    assert.deepEqual(await printed(script), [true, 128, false]);
  });

  it('(d) remembers one copy of a library, and we all of them', async () => {
    const copies = [copyKafkaJs(folder.path), copyKafkaJs(path.join(folder.path, 'shop'))];
    const script = `
      const ours = new KafkaJsInstrumentation();
      const copies = process.argv.slice(1).map(folder => require(folder).Kafka);
      const states = () => copies.map(isPatched);
      const seen = [states()];
      ours.disable();
      seen.push(states());
      ours.enable();
      print(...seen, states());`;
    assert.deepEqual(await printed(script, ...copies), [
      [true, true],
      [false, false],
      [true, true],
    ]);
  });

  it('(e) does not notice what was loaded before, and we patch it', async () => {
    const script = `
      const { Kafka } = require('kafkajs');
      const before = isPatched(Kafka);
      new KafkaJsInstrumentation();
      print(before, isPatched(Kafka));`;
    assert.deepEqual(await printed(script), [false, true]);
  });

  it("(f) lets a patch that throws reach the app's require, and ours does not; nor does disable throw", async () => {
    const copy = copyKafkaJs(folder.path);
    writeFileSync(
      path.join(copy, 'src/index.js'),
      "module.exports = new Proxy(class {}, { get() { throw new Error('hostile'); } });",
    );
    writeFileSync(path.join(copy, 'index.js'), "require('./src'); module.exports = 'loaded';");
    const script = `
      const ours = new KafkaJsInstrumentation();
      const loaded = require(process.argv[1]);
      ours.disable();
      ours.enable();
      print(loaded);`;
    assert.deepEqual(await printed(script, copy), ['loaded']);
  });

  for (const isFirst of [true, false]) {
    it(`(g) takes out the wrappers of others, and neither ours nor theirs is lost: ours ${isFirst ? 'first' : 'last'}`, async () => {
      const script = `
        const theirs = require('@opentelemetry/instrumentation-kafkajs').KafkaJsInstrumentation;
        const spansOf = Instrumentation => {
          const made = new Instrumentation();
          const started = [];
          const span = { spanContext: () => ({}), isRecording: () => false, end() {} };
          for (const name of ['setAttribute', 'setAttributes', 'setStatus', 'recordException', 'addEvent']) span[name] = () => span;
          const startSpan = name => (started.push(name), span);
          made.setTracerProvider({ getTracer: () => ({ startSpan }) });
          return [made, started];
        };
        const inOrder = ${isFirst} ? [KafkaJsInstrumentation, theirs] : [theirs, KafkaJsInstrumentation];
        const both = inOrder.map(spansOf);
        const { Kafka, logLevel } = require('kafkajs');
        const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING });
        const counts = async () => {
          both.forEach(([, started]) => (started.length = 0));
          await kafka.producer().send({ topic: 't', messages: [{ value: 'x' }] }).catch(() => {});
          return both.map(([, started]) => started.length);
        };
        (async () => {
          const seen = [await counts()];
          both[0][0].disable();
          seen.push(await counts());
          both[0][0].enable();
          both[1][0].disable();
          print(...seen, await counts());
        })();`;
      assert.deepEqual(await printed(script), [
        [1, 1],
        [0, 1],
        [1, 0],
      ]);
    });
  }

  it('(h) does not reach a default import under the ESM loader, nor takes its patch out again, and ours does', async () => {
    const script = `
      import kafkajs, { Kafka } from 'kafkajs';
      const isPatched = type => !/createProducer/.test(String(type.prototype.producer));
      const states = () => [isPatched(Kafka), isPatched(kafkajs.Kafka)];
      const { KafkaJsInstrumentation } = await import('@queuetrace/instrumentation-kafkajs');
      const ours = new KafkaJsInstrumentation();
      const before = states();
      ours.disable();
      console.log(JSON.stringify([before, states()]));`;
    const nodeArgs = ['--experimental-loader', '@opentelemetry/instrumentation/hook.mjs', '--input-type=module'];
    const { stdout, stderr } = await runScript(script, { nodeArgs });
    assert.deepEqual(
      stdout && JSON.parse(stdout),
      [
        [true, true],
        [false, false],
      ],
      stderr,
    );
  });

  it('(i) hooks require once for all clients: in a process that is not of mocha', async () => {
    const script = `
      const { prototype } = require('node:module');
      const hooks = new Set([prototype.require]);
      const { queuetrace } = require('@queuetrace/register/instrumentations');
      for (const client of ['kafkajs', 'amqplib', 'sqs']) {
        queuetrace({ enabled: false, [client]: true });
        hooks.add(prototype.require);
      }
      print(hooks.size);`;
    assert.deepEqual(await printed(script), [2]);
  });

  it('(j) has instruments without a provider that never record, and ours do once there is one', async () => {
    const result = await shop.run('late-classes.cjs', receiver, { nodeArgs: [] });
    assert.equal(result.code, 0, result.stderr);
    const scopes = new Set(receiver.metrics().map(({ scope }) => scope));
    for (const name of Object.values(CLIENT_PACKAGES)) assert.ok(scopes.has(name), name);
  });

  it('(k) adds a layer to require for each copy of its package: there is one, in the bundle and for all packages', () => {
    const bundle = readFileSync(path.resolve(appFile('.'), '../../build/register.cjs'), 'utf8');
    assert.equal(bundle.match(/class RequireInTheMiddleSingleton|RequireInTheMiddleSingleton=class/g)?.length, 1);
    const files = Object.values(CLIENT_PACKAGES).map(name =>
      createRequire(require.resolve(name)).resolve('@opentelemetry/instrumentation'),
    );
    assert.equal(new Set(files).size, 1);
  });

  it('(l) is asked for its definitions anew by bundlers: that patches nothing, and each definition patches what it is given', async () => {
    const copy = copyKafkaJs(folder.path);
    const script = `
      const ours = new KafkaJsInstrumentation();
      ours.disable();
      const { Kafka } = require(process.argv[1]);
      const [{ files }] = ours.getModuleDefinitions();
      const asked = isPatched(Kafka);
      const { patch } = files.find(({ name }) => name === 'kafkajs/src/index.js');
      new KafkaJsInstrumentation().disable();
      patch(Kafka, '2.2.4');
      print(asked, isPatched(Kafka));`;
    assert.deepEqual(await printed(script, copy), [false, true]);
  });
});
