import assert from 'node:assert/strict';
import { propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { processMessage } from '@queuetrace/messaging';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import type { GetMessage } from 'amqplib';
import type * as callbackApi from 'amqplib/callback_api';
import { AmqplibInstrumentation } from '../src';
import { APIS, withPeers, type Peer } from './peer';

const body = Buffer.from('order 1');

/** A message that the broker has, and the span of its publish. */
async function got(peer: Peer, queue: string): Promise<GetMessage> {
  await peer.request('waitForConfirms');
  for (;;) {
    const message = await peer.get(queue);
    if (message) return message;
  }
}

for (const api of APIS) {
  describe(`amqplib get, ${api} API`, () => {
    const broker = withBroker('rabbitmq');
    const peers = withPeers(broker, api);
    const [instrumentation] = telemetry.register(new AmqplibInstrumentation());

    afterEach(() => instrumentation.setConfig({}));

    it('tells a message that was asked for as a CLIENT span that links to its publish', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      peer.channel.ack(await got(peer, queue));
      const sent = telemetry.span(`publish ${queue}`);
      const received = telemetry.span(`get ${queue}`);
      assert.equal(received.kind, SpanKind.CLIENT);
      assert.equal(received.attributes['messaging.operation.type'], 'receive');
      assert.equal(received.parentSpanContext, undefined);
      assert.deepEqual(
        received.links.map(link => link.context.spanId),
        [sent.spanContext().spanId],
      );
      const [consumed] = await telemetry.metric('messaging.client.consumed.messages');
      assert.equal(consumed.value, 1);
    });

    it('is a child of the span that is active where it is called', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      const request = await trace.getTracer('test').startActiveSpan('request', async span => {
        await got(peer, queue);
        span.end();
        return span;
      });
      assert.equal(telemetry.span(`get ${queue}`).parentSpanContext?.spanId, request.spanContext().spanId);
    });

    it('tells nothing of an empty queue', async () => {
      const peer = await peers.open();
      assert.equal(await peer.get(await peer.queue()), false);
      assert.deepEqual(telemetry.spans(), []);
      assert.deepEqual(await telemetry.metricPoints(), []);
    });

    it('fails as the library fails, and tells it', async () => {
      const peer = await peers.open();
      const queue = uniqueName('no-queue');
      await assert.rejects(peer.get(queue), { code: 404 });
      const span = telemetry.span(`get ${queue}`);
      assert.equal(span.status.code, SpanStatusCode.ERROR);
    });

    it('makes no receive span with receiveSpans off', async () => {
      instrumentation.setConfig({ receiveSpans: false });
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      await got(peer, queue);
      assert.deepEqual(
        telemetry.spans().map(span => span.name),
        [`publish ${queue}`],
      );
    });

    it('has a process span in processMessage, until the message is handled and settled', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body, { headers: { baggage: 'tenant=acme' } });
      const message = await got(peer, queue);
      const seen = await processMessage(message, async () => {
        await Promise.resolve();
        return { active: trace.getActiveSpan(), tenant: propagation.getActiveBaggage()?.getEntry('tenant')?.value };
      });
      assert.equal(telemetry.spans().length, 2);
      peer.channel.nack(message, false, false);
      const process = telemetry.span(`consume ${queue}`);
      assert.equal(seen.active?.spanContext().spanId, process.spanContext().spanId);
      assert.equal(process.kind, SpanKind.CONSUMER);
      assert.equal(process.parentSpanContext?.spanId, telemetry.span(`publish ${queue}`).spanContext().spanId);
      assert.equal(process.attributes['messaging.rabbitmq.settlement'], 'nack');
      assert.equal(process.attributes['messaging.rabbitmq.requeue'], false);
      const counts = (await telemetry.metric('messaging.client.consumed.messages')).map(point => point.value);
      assert.deepEqual(counts, [1]);
    });

    it('ends the process span of a noAck message with its handler', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      await peer.request('waitForConfirms');
      const message = await peer.get(queue, { noAck: true });
      assert.ok(message);
      processMessage(message, () => {});
      assert.equal(telemetry.span(`consume ${queue}`).status.code, SpanStatusCode.UNSET);
    });

    it('ends the process span with what its handler throws', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      const message = await got(peer, queue);
      const handler = () => {
        throw new RangeError('out of stock');
      };
      assert.throws(() => processMessage(message, handler), { name: 'RangeError', message: 'out of stock' });
      assert.equal(telemetry.span(`consume ${queue}`).attributes['error.type'], 'RangeError');
    });
  });
}

describe('amqplib get, with a callback', () => {
  const broker = withBroker('rabbitmq');
  const peers = withPeers(broker, 'callback');
  telemetry.register(new AmqplibInstrumentation());

  it('calls back with as many arguments as the library gives: of a failure one', async () => {
    const channel = (await peers.open()).channel as unknown as callbackApi.Channel;
    const given = await new Promise<unknown[]>(resolve => {
      channel.get(uniqueName('no-queue'), {}, (...args) => resolve(args));
    });
    assert.equal(given.length, 1);
  });
});
