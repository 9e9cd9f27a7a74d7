import assert from 'node:assert/strict';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import type { ConsumeMessage } from 'amqplib';
import { AmqplibInstrumentation } from '../src';
import { APIS, withPeers, type Peer } from './peer';

const DIRECT_REPLY_TO = 'amq.rabbitmq.reply-to';

for (const api of APIS) {
  describe(`amqplib requests and replies, ${api} API`, () => {
    const broker = withBroker('rabbitmq');
    const peers = withPeers(broker, api);
    telemetry.register(new AmqplibInstrumentation());

    async function server(): Promise<string> {
      const peer = await peers.open();
      const queue = await peer.queue();
      await peer.consume(queue, message => {
        const { replyTo, correlationId } = message!.properties as { replyTo: string; correlationId: string };
        peer.channel.sendToQueue(replyTo, Buffer.from('reply'), { correlationId });
        peer.channel.ack(message!);
      });
      return queue;
    }

    function reply(peer: Peer, replyTo: string, send: () => void): Promise<ConsumeMessage> {
      return new Promise((resolve, reject) => {
        peer.consume(replyTo, message => resolve(message!), { noAck: true }).then(send, reject);
      });
    }

    for (const [kind, queueOf] of [
      ['a named queue', (peer: Peer) => peer.queue()],
      ['a queue that the broker named', (peer: Peer) => peer.queue('')],
      ['the direct reply-to', () => Promise.resolve(DIRECT_REPLY_TO)],
    ] as const) {
      it(`links the processing of a reply to its request's publish, over ${kind}`, async function () {
        // The embedded broker has no direct reply-to.
        if (broker.embedded && kind === 'the direct reply-to') this.skip();
        const requests = await server();
        const peer = await peers.open();
        const replyTo = await queueOf(peer);
        await reply(peer, replyTo, () => {
          peer.channel.sendToQueue(requests, Buffer.from('request'), { replyTo, correlationId: 'c-1' });
        });
        await telemetry.waitForSpans(4);
        const request = telemetry.span(`publish ${requests}`).spanContext();
        const isReply = (name: string) => name.startsWith('consume') && name !== `consume ${requests}`;
        const [processed] = telemetry.spans().filter(span => isReply(span.name));
        assert.equal(processed.attributes['messaging.message.conversation_id'], 'c-1');
        assert.equal(processed.spanContext().traceId, request.traceId);
        assert.notEqual(processed.parentSpanContext?.spanId, request.spanId);
        assert.ok(processed.links.some(link => link.context.spanId === request.spanId));
      });
    }

    it('keeps where replies go to out of span names and metrics, since each who asks may have a queue of their own', async () => {
      const requests = await server();
      const peer = await peers.open();
      const replyTo = await peer.queue();
      await reply(peer, replyTo, () => {
        peer.channel.sendToQueue(requests, Buffer.from('request'), { replyTo, correlationId: 'c-1' });
      });
      await telemetry.waitForSpans(4);
      const { attributes } = telemetry.span('publish');
      assert.equal(attributes['messaging.destination.name'], replyTo);
      assert.equal(attributes['messaging.destination.temporary'], true);
      const sent = await telemetry.metric('messaging.client.sent.messages');
      const names = sent.map(point => point.attributes['messaging.destination.name']);
      assert.deepEqual(names.sort(), [requests, undefined]);
    });

    it('does not take a correlation id alone for a reply', async () => {
      const peer = await peers.open();
      const [first, second] = [await peer.queue(), await peer.queue()];
      peer.channel.sendToQueue(first, Buffer.from('request'), { replyTo: 'elsewhere', correlationId: 'c-1' });
      await reply(peer, second, () => {
        peer.channel.sendToQueue(second, Buffer.from('no reply'), { correlationId: 'c-1' });
      });
      await telemetry.waitForSpans(3);
      assert.equal(telemetry.span(`consume ${second}`).links.length, 1);
    });
  });
}
