import assert from 'node:assert/strict';
import { startOtlpReceiver, uniqueName, withBroker, type OtlpReceiver } from '@queuetrace/test-utils';
import { appLines, ourLines, runPlain, runPreloaded, startPreloaded } from './preloaded';

/** Nobody listens there. */
const DOWN = 'http://127.0.0.1:1';

/** Shorter than the default, to wait less. */
const DEADLINE = { OTEL_MQ_SHUTDOWN_TIMEOUT: '300' };

describe('the end of a process', () => {
  const kafka = withBroker('kafka');
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.stop());

  const start = (endpoint: string, ...more: string[]) =>
    startPreloaded('service.cjs', {
      args: [kafka.address, uniqueName('orders'), ...more],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...DEADLINE },
      waitFor: /ready/,
    });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`sends what there is at ${signal}, and dies of the signal`, async () => {
      const app = await start(receiver.url);
      app.signal(signal);
      const result = await app.ended;
      assert.deepEqual([result.code, result.signal, result.timedOut], [null, signal, false]);
      assert.deepEqual(ourLines(result), []);
      assert.equal(receiver.spans().length, 1);
      assert.ok(receiver.metrics().some(({ name }) => name === 'messaging.client.sent.messages'));
    });
  }

  it('dies of SIGTERM where the collector is down, and names it in one line', async () => {
    const app = await start(DOWN);
    app.signal('SIGTERM');
    const result = await app.ended;
    assert.deepEqual([result.signal, result.timedOut], ['SIGTERM', false]);
    assert.equal(ourLines(result).length, 1, result.stderr);
    assert.match(ourLines(result)[0], /http:\/\/127\.0\.0\.1:1 .*ECONNREFUSED/);
  });

  it('dies of SIGTERM where the collector never answers, and names it in one line', async () => {
    receiver.fail('hang');
    const app = await start(receiver.url);
    app.signal('SIGTERM');
    const result = await app.ended;
    assert.deepEqual([result.signal, result.timedOut], ['SIGTERM', false]);
    assert.equal(ourLines(result).length, 1, result.stderr);
    assert.ok(ourLines(result)[0].includes(receiver.url));
  });

  it('leaves the signal to a handler of the app', async () => {
    const app = await start(receiver.url, 'own-handler');
    app.signal('SIGTERM');
    const result = await app.ended;
    assert.deepEqual([result.code, result.signal], [7, null]);
    assert.match(result.stdout, /the own handler ran/);
    assert.equal(receiver.spans().length, 1);
  });

  it('comes by itself where the collector never answers', async () => {
    receiver.fail('hang');
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '1', ...DEADLINE };
    const args = [kafka.address, uniqueName('orders')];
    const result = await runPreloaded('kafka.cjs', { args, env });
    assert.deepEqual([result.code, result.timedOut, result.stdout], [0, false, 'processed an order\n']);
    assert.equal(ourLines(result).length, 1, result.stderr);
  });

  it('comes by itself where spans go on ending as long as it lives', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...DEADLINE };
    const result = await runPreloaded('restless.cjs', { env });
    assert.deepEqual([result.code, result.timedOut], [0, false]);
  });

  const SUDDEN = {
    exit: 'process.exit()',
    handler: 'process.exit() in a handler',
    exception: 'an exception',
    rejection: 'a rejection that nobody handles',
  };
  const exit = (way: string, endpoint: string, env = {}) =>
    runPreloaded('exit.cjs', {
      args: [kafka.address, uniqueName('orders'), way],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_METRICS_EXPORTER: 'none', ...env },
    });

  for (const [way, what] of Object.entries(SUDDEN)) {
    it(`that is sudden loses no span, and is what it is without us: ${what}`, async () => {
      const plain = await runPlain('exit.cjs', { args: [kafka.address, uniqueName('orders'), way] });
      const result = await exit(way, receiver.url);
      assert.deepEqual([result.code, result.stdout, appLines(result)], [plain.code, plain.stdout, appLines(plain)]);
      assert.deepEqual(ourLines(result), []);
      assert.equal(receiver.spans().length, 1);
    });
  }

  it('that an own handler of SIGTERM makes with process.exit() loses no span, and sends none twice', async () => {
    const app = await startPreloaded('exit.cjs', {
      args: [kafka.address, uniqueName('orders'), 'signal'],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
      waitFor: /ready/,
    });
    app.signal('SIGTERM');
    assert.equal((await app.ended).code, 5);
    await receiver.waitFor(() => receiver.spans().length > 0);
    assert.equal(receiver.spans().length, 1);
  });

  for (const [how, isHanging] of [
    ['is down', false],
    ['never answers', true],
  ] as const) {
    it(`that is sudden comes where the collector ${how}, and one line names it`, async () => {
      if (isHanging) receiver.fail('hang');
      const endpoint = isHanging ? receiver.url : DOWN;
      const result = await exit('exit', endpoint, DEADLINE);
      assert.deepEqual([result.code, result.stdout, result.timedOut], [7, 'exit 7\n', false]);
      assert.equal(ourLines(result).length, 1, result.stderr);
      assert.ok(ourLines(result)[0].includes(endpoint));
    });
  }

  it('that is sudden waits for nothing with OTEL_MQ_SHUTDOWN_TIMEOUT=0', async () => {
    const result = await exit('exit', receiver.url, { OTEL_MQ_SHUTDOWN_TIMEOUT: '0' });
    assert.deepEqual([result.code, ourLines(result), receiver.requests().traces], [7, [], 0]);
  });

  it('is, after an exception, what it is without us', async () => {
    const plain = await runPlain('crash.cjs');
    const result = await runPreloaded('crash.cjs');
    assert.deepEqual([result.code, result.signal], [plain.code, plain.signal]);
    assert.deepEqual([result.stdout, appLines(result)], [plain.stdout, appLines(plain)]);
  });
});
