import assert from 'node:assert/strict';
import path from 'node:path';
import { trace } from '@opentelemetry/api';
import { hostileValues, runApp, telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { credentials, type ConsumeMessage } from 'amqplib';
import { AmqplibInstrumentation } from '../src';
import { APIS, withPeers, type Peer } from './peer';

const body = Buffer.from('order 1');
const APP = path.resolve(__dirname, '../../test/apps/failing-handler.cjs');

describe('amqplib handlers that fail', () => {
  const broker = withBroker('rabbitmq');

  for (const mode of ['throws', 'throws-with-listener', 'rejects']) {
    for (const noAck of ['true', 'false']) {
      it(`A2: a handler that ${mode} does to the process what it does without us (noAck ${noAck}), and is told`, async () => {
        const run = (traced: string) =>
          runApp(APP, { args: [broker.address, mode], env: { TRACED: traced, NO_ACK: noAck } });
        const [plain, traced] = await Promise.all([run('false'), run('true')]);
        assert.match(plain.stdout, /out of stock/);
        assert.equal(traced.stdout, plain.stdout);
        assert.equal(traced.code, plain.code);
        const { attributes, status } = JSON.parse(traced.stderr) as { attributes: object; status: object };
        assert.equal((attributes as Record<string, unknown>)['error.type'], 'RangeError');
        assert.deepEqual(status, { code: 2, message: 'out of stock' });
      });
    }
  }
});

/** What a call did: what it gave, or what it threw. */
function outcome(call: () => unknown): string {
  try {
    return `gave ${typeof call()}`;
  } catch (error) {
    return error instanceof Error ? `threw ${error.name}: ${error.message}` : `threw ${typeof error}`;
  }
}

for (const api of APIS) {
  describe(`amqplib, ${api} API: the app comes first`, () => {
    const broker = withBroker('rabbitmq');
    const peers = withPeers(broker, api);
    const [instrumentation] = telemetry.register(new AmqplibInstrumentation());

    beforeEach(() => telemetry.expectConventionErrors(/.*/));

    afterEach(() => {
      instrumentation.enable();
      instrumentation.setConfig({});
    });

    /** The same calls with and without us, each on a channel of its own. */
    async function compare(call: (peer: Peer, value: unknown) => unknown): Promise<void> {
      for (const { name, make } of hostileValues) {
        const traced = await peers.open();
        const tracedOutcome = outcome(() => call(traced, make()));
        await traced.close().catch(() => {});
        instrumentation.disable();
        const plain = await peers.open();
        assert.equal(
          tracedOutcome,
          outcome(() => call(plain, make())),
          name,
        );
        await plain.close().catch(() => {});
        instrumentation.enable();
      }
    }

    it('lets the library complain of a body that is none', () =>
      compare(({ channel }, value) => channel.publish('', 'nowhere', value as Buffer)));

    it('lets the library complain of options that are none', () =>
      compare(({ channel }, value) => channel.publish('', 'nowhere', body, value as object, () => {})));

    it('lets the library complain of headers that are none', () =>
      compare(({ channel }, value) => channel.publish('', 'nowhere', body, { headers: value })));

    it('lets the library complain of an exchange that is none', () =>
      compare(({ channel }, value) => channel.publish(value as string, 'nowhere', body)));

    it('lets the library complain of a routing key that is none', () =>
      compare(({ channel }, value) => channel.publish('', value as string, body)));

    it('lets the library complain of a message that is none', () =>
      compare(({ channel }, value) => {
        channel.ack(value as ConsumeMessage);
      }));

    it('keeps tracing when a hook throws', async () => {
      const hook = () => {
        throw new Error('hook');
      };
      instrumentation.setConfig({ sendHook: hook, processHook: hook, receiveHook: hook, settleHook: hook });
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      peer.channel.ack(await peer.delivery(queue));
      await telemetry.waitForSpans(2);
    });

    it('stops and starts with disable and enable, on channels and consumers that live on', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      let handled: ((active: unknown) => void) | undefined;
      await peer.consume(queue, message => {
        peer.channel.ack(message!);
        handled?.(trace.getActiveSpan());
      });
      const handle = () => {
        const done = new Promise(resolve => (handled = resolve));
        peer.channel.sendToQueue(queue, body);
        return done;
      };
      assert.ok(await handle());
      instrumentation.disable();
      assert.equal(await handle(), undefined);
      await peer.request('waitForConfirms');
      assert.equal(telemetry.spans().length, 2);
      instrumentation.enable();
      assert.ok(await handle());
      await telemetry.waitForSpans(4);
    });

    it('ends the spans that were open when it was disabled', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      const message = await peer.delivery(queue);
      peer.channel.sendToQueue(uniqueName('nowhere'), body);
      instrumentation.disable();
      peer.channel.ack(message);
      await peer.request('waitForConfirms');
      await peer.close();
      await telemetry.waitForSpans(3);
    });

    it('A12: keeps passwords out of all telemetry, whatever the URL looks like', async () => {
      const url = new URL(broker.address);
      const plain = credentials.plain(decodeURIComponent(url.username), decodeURIComponent(url.password));
      const at = `${url.host}${url.pathname}`;
      for (const [user, password] of [
        ['u', 'first:second'],
        ['u', 'third%40fourth'],
        ['u', 'fifth@sixth'],
        ['user', 'hidden'],
      ]) {
        instrumentation.setConfig({ semconv: ['1.45', '1.44', 'legacy'] });
        const peer = await peers.open({
          url: `amqp://${user}:${password}@${at}`,
          socket: { credentials: plain },
        });
        const queue = await peer.queue();
        peer.channel.sendToQueue(queue, body);
        peer.channel.ack(await peer.delivery(queue));
      }
      const spans = (await telemetry.waitForSpans(8)).map(({ name, attributes, events, links, status }) => {
        return { name, attributes, events, links, status };
      });
      const told = JSON.stringify([spans, await telemetry.metricPoints()]);
      assert.match(told, /server\.address/);
      for (const secret of ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'hidden', 'guest'])
        assert.ok(!told.includes(secret), secret);
    });
  });
}
