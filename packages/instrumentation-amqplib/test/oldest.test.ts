import assert from 'node:assert/strict';
import { SpanKind } from '@opentelemetry/api';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import * as promise from 'amqplib-oldest';
import * as callback from 'amqplib-oldest/callback_api';
import { AmqplibInstrumentation } from '../src';
import { APIS, withPeers, type Peer } from './peer';

const body = Buffer.from('order 1');

/** The library is installed under another name, since there is a newer one of its own name. */
class OldestInstrumentation extends AmqplibInstrumentation {
  override modules() {
    const [library] = super.modules();
    return [{ ...library, name: 'amqplib-oldest' }];
  }
}

for (const api of APIS) {
  describe(`amqplib 0.10.0, ${api} API`, () => {
    const broker = withBroker('rabbitmq');
    const peers = withPeers(broker, api);
    telemetry.register(new OldestInstrumentation());
    const open = (isConfirming: boolean) => peers.open({ isConfirming, library: { promise, callback } });

    const told = (kind: SpanKind) =>
      telemetry
        .spans()
        .filter(span => span.kind === kind)
        .map(({ attributes }) => attributes['error.type']);

    async function delivered(peer: Peer, queue: string): Promise<void> {
      const messages = await peer.deliveries(queue, 4);
      peer.channel.ack(messages[1]);
      peer.channel.nack(messages[2], false, false);
      peer.channel.ackAll();
    }

    it('has the spans of each publish and each delivery, to confirm and settlement', async () => {
      const peer = await open(true);
      const queue = await peer.queue();
      for (let sent = 0; sent < 3; sent++) peer.channel.sendToQueue(queue, body);
      peer.channel.publish('', uniqueName('nowhere'), body, { mandatory: true });
      const confirmed = new Promise(resolve => peer.channel.sendToQueue(queue, body, {}, resolve));
      assert.equal(telemetry.spans().length, 0);
      await peer.request('waitForConfirms');
      assert.equal(await confirmed, null);
      assert.deepEqual(told(SpanKind.PRODUCER).sort(), ['NO_ROUTE', undefined, undefined, undefined, undefined]);
      await delivered(peer, queue);
      assert.deepEqual(told(SpanKind.CONSUMER), [undefined, 'nack', undefined, undefined]);
      const [{ attributes, parentSpanContext }] = telemetry.spans().filter(span => span.kind === SpanKind.CONSUMER);
      assert.equal(attributes['messaging.rabbitmq.vhost'], '/');
      assert.ok(telemetry.spans().some(span => span.spanContext().spanId === parentSpanContext?.spanId));
    });

    it('ends every span where the broker closes the channel, and where it is closed already', async () => {
      const peer = await open(true);
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      await peer.request('waitForConfirms');
      await peer.delivery(queue);
      const closed = new Promise(resolve => peer.channel.once('close', resolve));
      peer.channel.publish(uniqueName('no-exchange'), '', body);
      await closed;
      assert.throws(() => peer.channel.sendToQueue(queue, body), { name: 'IllegalOperationError' });
      assert.deepEqual(told(SpanKind.CONSUMER), ['channel_closed']);
      assert.deepEqual(told(SpanKind.PRODUCER), [undefined, 'channel_closed', 'IllegalOperationError']);
    });

    it('has the span of a message that was asked for', async () => {
      const peer = await open(false);
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      for (;;) {
        const message = await peer.get(queue);
        if (!message) continue;
        peer.channel.ack(message);
        break;
      }
      assert.equal(telemetry.span(`get ${queue}`).links.length, 1);
    });
  });
}
