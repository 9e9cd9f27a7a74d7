import assert from 'node:assert/strict';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { AmqplibInstrumentation } from '../src';
import { APIS, withPeers, type Peer } from './peer';

const body = Buffer.from('order 1');

/** A queue that takes one message and refuses the next. */
const FULL = { arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } };

function confirmed(peer: Peer, exchange: string, routingKey: string): Promise<unknown> {
  return new Promise(resolve => {
    peer.channel.publish(exchange, routingKey, body, {}, error => resolve(error));
  });
}

async function outcome(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: Error) => `rejected: ${error.message}`,
  );
}

for (const api of APIS) {
  describe(`amqplib publish on a confirm channel, ${api} API`, () => {
    const broker = withBroker('rabbitmq');
    const peers = withPeers(broker, api);
    const [instrumentation] = telemetry.register(new AmqplibInstrumentation());

    afterEach(() => instrumentation.enable());

    it('ends with the confirm, before the callback', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      const confirm = new Promise<number>(resolve => {
        peer.channel.sendToQueue(queue, body, {}, () => resolve(telemetry.spans().length));
      });
      assert.equal(telemetry.spans().length, 0);
      assert.equal(await confirm, 1);
      assert.equal(telemetry.span(`publish ${queue}`).status.code, SpanStatusCode.UNSET);
    });

    it('calls the callback in the context of the publish call', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      const active = await trace.getTracer('test').startActiveSpan('request', span => {
        return new Promise(resolve => {
          peer.channel.sendToQueue(queue, body, {}, () => resolve(trace.getActiveSpan() === span));
        }).finally(() => span.end());
      });
      assert.equal(active, true);
    });

    it('ends with the confirm where the caller gave no callback', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      for (let sent = 0; sent < 100; sent++) peer.channel.sendToQueue(queue, body);
      assert.equal(telemetry.spans().length, 0);
      await peer.request('waitForConfirms');
      const spans = telemetry.spans();
      assert.equal(spans.length, 100);
      assert.ok(spans.every(span => span.status.code === SpanStatusCode.UNSET));
    });

    it('tells apart whom the broker confirms and whom it refuses', async () => {
      const peer = await peers.open();
      const queue = await peer.queue(uniqueName('full'), FULL);
      assert.equal(await confirmed(peer, '', queue), null);
      const error = await confirmed(peer, '', queue);
      assert.match(String(error), /message nacked/);
      const [taken, refused] = telemetry.spans();
      assert.equal(taken.status.code, SpanStatusCode.UNSET);
      assert.equal(refused.status.code, SpanStatusCode.ERROR);
      assert.ok(refused.attributes['error.type']);
    });

    it('is an error where the broker refuses and the caller gave no callback', async () => {
      const peer = await peers.open();
      const queue = await peer.queue(uniqueName('full'), FULL);
      peer.channel.sendToQueue(queue, body);
      peer.channel.sendToQueue(queue, body);
      assert.equal(await outcome(peer.request('waitForConfirms')), 'rejected: message nacked');
      const [taken, refused] = await telemetry.waitForSpans(2);
      assert.equal(taken.status.code, SpanStatusCode.UNSET);
      assert.equal(refused.status.code, SpanStatusCode.ERROR);
      assert.equal(refused.attributes['error.type'], 'nack');
    });

    it('is an error where the channel closes before the confirm', async () => {
      const peer = await peers.open();
      const error = await confirmed(peer, uniqueName('no-exchange'), 'key');
      assert.match(String(error), /channel closed/);
      const [span] = telemetry.spans();
      assert.equal(span.status.code, SpanStatusCode.ERROR);
    });

    it('is an error where the channel closes before the confirm and the caller gave no callback', async () => {
      const peer = await peers.open();
      peer.channel.publish(uniqueName('no-exchange'), 'key', body);
      const [span] = await telemetry.waitForSpans(1);
      assert.equal(span.attributes['error.type'], 'channel_closed');
    });

    it('is an error where the connection is lost before the confirm', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      peer.loseConnection();
      const [span] = await telemetry.waitForSpans(1);
      assert.equal(span.attributes['error.type'], 'channel_closed');
    });

    it('leaves the outcome of waitForConfirms as it is without us, also after the channel has closed', async () => {
      const outcomes = async () => {
        const peer = await peers.open();
        const closed = new Promise(resolve => peer.channel.once('close', resolve));
        peer.channel.publish(uniqueName('no-exchange'), 'key', body);
        const during = outcome(peer.request('waitForConfirms'));
        await closed;
        return [await during, await outcome(peer.request('waitForConfirms'))];
      };
      const traced = await outcomes();
      instrumentation.disable();
      assert.deepEqual(traced, await outcomes());
    });

    it('adds no callback to the window of unconfirmed messages where the caller gave none', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      const { unconfirmed } = peer.channel as unknown as { unconfirmed: unknown[] };
      assert.deepEqual(unconfirmed, [false]);
      await peer.request('waitForConfirms');
    });

    it('ends the span of a publish on a closed confirm channel with the error that the library throws', async () => {
      const peer = await peers.open();
      await peer.closeChannel();
      assert.throws(() => peer.channel.sendToQueue('orders', body, {}, () => {}), { name: 'IllegalOperationError' });
      assert.throws(() => peer.channel.sendToQueue('orders', body), { name: 'IllegalOperationError' });
      const types = telemetry.spans().map(span => span.attributes['error.type']);
      assert.deepEqual(types, ['IllegalOperationError', 'IllegalOperationError']);
    });
  });
}
