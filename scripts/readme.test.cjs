// The README is true: its generated parts are fresh, and its snippets run as they are written.
'use strict';
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { README, generated } = require('./docs.cjs');

const root = path.resolve(__dirname, '..');

/** The named snippets of the README, by name. */
function snippets() {
  const found = readFileSync(README, 'utf8').matchAll(/```js\n\/\/ snippet: (\S+)\n([\s\S]*?)```/g);
  return Object.fromEntries([...found].map(([, name, code]) => [name, code]));
}

/** Runs code as a user's file in a folder where queuetrace is installed. */
function run(code) {
  const folder = mkdtempSync(path.join(root, 'packages/register/test/.snippet-'));
  try {
    const file = path.join(folder, 'app.cjs');
    writeFileSync(file, code);
    const env = {
      ...process.env,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    };
    return spawnSync('node', [file], { encoding: 'utf8', env, timeout: 60_000 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Appended to a snippet: what a user then sees. */
const CHECKS = {
  'node-sdk': `
    const { Kafka } = require('kafkajs');
    const amqp = require('amqplib');
    const { Channel } = require(require('node:path').join(require('node:path').dirname(require.resolve('amqplib')), 'lib/channel_model.js'));
    console.log('kafkajs patched:', !Function.prototype.toString.call(Kafka.prototype.producer).includes('createProducer'));
    console.log('amqplib patched:', !Function.prototype.toString.call(Channel.prototype.ack).includes('BasicAck'));
    void sdk.shutdown();`,
  sampler: `
    const { ROOT_CONTEXT, SpanKind } = require('@opentelemetry/api');
    const isSampled = destination => {
      const attributes = { 'messaging.system': 'kafka', 'messaging.destination.name': destination };
      const { decision } = sampler.shouldSample(ROOT_CONTEXT, 'f'.repeat(32), 'send', SpanKind.PRODUCER, attributes, []);
      return decision === 2;
    };
    console.log('sampled:', ['audit.login', 'health-check'].filter(isSampled).join());
    void sdk.shutdown();`,
  'single-class': `
    const { Kafka } = require('kafkajs');
    console.log('kafkajs patched:', !Function.prototype.toString.call(Kafka.prototype.producer).includes('createProducer'));`,
  'process-message': `
    onBatch({ batch: { messages: [{ value: 'x' }] } }).then(() => console.log('handled'));`,
  'dead-letters': `
    const sent = [];
    const producer = { send: async record => void sent.push(record) };
    const message = { value: 'x', headers: { tenant: 'a' } };
    work(producer, () => Promise.reject(new TypeError('no stock')))({ message })
      .then(() => mend(producer)({ message }))
      .then(action => {
        const [{ topic, messages }, again] = sent;
        console.log(topic, messages[0].headers.tenant, messages[0].headers['dlq.error'], action, again.topic);
      });`,
};

const EXPECTED = {
  'node-sdk': 'kafkajs patched: true\namqplib patched: false\n',
  sampler: 'sampled: audit.login\n',
  'single-class': 'kafkajs patched: true\n',
  'process-message': 'handled\n',
  'dead-letters': 'orders.dlq a TypeError: no stock retry orders\n',
};

describe('the README', () => {
  it('has generated parts that are fresh', async () => {
    const { current, wanted } = await generated();
    assert.equal(current, wanted, 'run `npm run docs`');
  });

  it('has a check for each snippet', () =>
    assert.deepEqual(Object.keys(snippets()).sort(), Object.keys(CHECKS).sort()));

  for (const [name, check] of Object.entries(CHECKS)) {
    it(`has a snippet ${name} that runs as it is written`, () => {
      const { stdout, stderr, status } = run(snippets()[name] + check);
      assert.deepEqual([stdout, stderr, status], [EXPECTED[name], '', 0]);
    });
  }
});
