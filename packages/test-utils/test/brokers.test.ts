import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { uniqueName, withBroker } from '@queuetrace/test-utils';
import { runMocha } from './mocha-run';

describe('uniqueName', () => {
  it('is a valid topic and queue name that was never used', () => {
    assert.match(uniqueName('orders'), /^orders-[a-f0-9]{12}$/);
    assert.notEqual(uniqueName('orders'), uniqueName('orders'));
  });
});

for (const system of ['kafka', 'rabbitmq', 'aws_sqs'] as const) {
  describe(`the embedded ${system} broker`, () => {
    const outer = withBroker(system);
    const own = withBroker(system, { own: true });

    it('is shared by all suites that do not ask for one of their own', async () => {
      const { stdout } = await runMocha('broker.test.cjs', {
        BROKER_UNDER_TEST: system,
        QUEUETRACE_BROKERS: undefined,
      });
      assert.match(stdout, /embedded true[^]*1 passing/);
      assert.notEqual(own.address, outer.address);
    });

    describe('in another suite', () => {
      const inner = withBroker(system);

      it('is the same', () => {
        if (outer.embedded) assert.equal(inner.address, outer.address);
      });
    });

    it('stops, and starts again on the same port', async () => {
      const { address } = own;
      await own.stop();
      assert.equal(own.address, address);
      await own.restart();
      assert.equal(own.address, address);
    });
  });
}

describe('a real broker', () => {
  const real = (env: Record<string, string | undefined>) =>
    runMocha('broker.test.cjs', { BROKER_UNDER_TEST: 'rabbitmq', QUEUETRACE_BROKERS: 'real', CI: undefined, ...env });

  it('is used at the address of the environment', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `amqp://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { stdout } = await real({ RABBITMQ_URL: url });
    server.close();
    assert.ok(stdout.includes(`address ${url}, embedded false`));
  });

  const nowhere = { RABBITMQ_URL: 'amqp://user:secret@127.0.0.1:1' };

  it('that does not answer skips the tests, loudly and without the password', async () => {
    const { code, stdout, stderr } = await real(nowhere);
    assert.equal(code, 0);
    assert.match(stdout, /1 pending/);
    assert.match(stderr, /rabbitmq does not answer at 127.0.0.1:1[^]*SKIPPED/);
    assert.doesNotMatch(stderr, /secret/);
  });

  it('that does not answer fails the tests in CI', async () => {
    const { code, stdout } = await real({ ...nowhere, CI: '1' });
    assert.equal(code, 1);
    assert.match(stdout, /NO REAL BROKER: rabbitmq/);
  });
});
