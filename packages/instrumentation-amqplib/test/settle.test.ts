import assert from 'node:assert/strict';
import { context, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import type { ConsumeMessage } from 'amqplib';
import { AmqplibInstrumentation } from '../src';
import { APIS, withPeers, type Peer } from './peer';

const body = Buffer.from('order 1');

for (const api of APIS) {
  describe(`amqplib settlement, ${api} API`, () => {
    const broker = withBroker('rabbitmq');
    const peers = withPeers(broker, api);
    const [instrumentation] = telemetry.register(new AmqplibInstrumentation());

    afterEach(() => instrumentation.setConfig({}));

    /** As many messages as wanted, delivered and left alone; the telemetry of their publishes is there too. */
    async function delivered(peer: Peer, count: number): Promise<ConsumeMessage[]> {
      const queue = await peer.queue();
      for (let sent = 0; sent < count; sent++) peer.channel.sendToQueue(queue, body);
      await peer.request('waitForConfirms');
      return peer.deliveries(queue, count);
    }

    const processed = () => telemetry.spans().filter(span => span.kind === SpanKind.CONSUMER);
    const tags = () => processed().map(span => span.attributes['messaging.rabbitmq.message.delivery_tag']);

    for (const name of ['nack', 'reject'] as const) {
      it(`says on the process span that a message was settled by ${name}, and whether it goes back`, async () => {
        const peer = await peers.open();
        const [message] = await delivered(peer, 1);
        if (name === 'nack') peer.channel.nack(message, false, false);
        else peer.channel.reject(message, false);
        const [{ attributes, status }] = processed();
        assert.equal(attributes['messaging.rabbitmq.settlement'], name);
        assert.equal(attributes['messaging.rabbitmq.requeue'], false);
        assert.equal(attributes['error.type'], name);
        assert.equal(status.code, SpanStatusCode.ERROR);
      });
    }

    it('leaves the process span of an acked message without an error', async () => {
      const peer = await peers.open();
      const [message] = await delivered(peer, 1);
      peer.channel.ack(message);
      const [{ attributes, status, events }] = processed();
      assert.equal(attributes['messaging.rabbitmq.settlement'], 'ack');
      assert.equal('messaging.rabbitmq.requeue' in attributes, false);
      assert.equal(status.code, SpanStatusCode.UNSET);
      assert.deepEqual(events, []);
    });

    it('A5: settles by delivery tag, so that any object with it will do', async () => {
      const peer = await peers.open();
      const [{ fields }] = await delivered(peer, 1);
      peer.channel.ack({ fields: { deliveryTag: fields.deliveryTag } } as ConsumeMessage);
      assert.deepEqual(tags(), [fields.deliveryTag]);
    });

    it('ends all up to a message that is acked with the ones before it', async () => {
      const peer = await peers.open();
      const messages = await delivered(peer, 4);
      peer.channel.ack(messages[2], true);
      assert.deepEqual(tags(), [1, 2, 3]);
      peer.channel.ack(messages[3]);
      assert.deepEqual(tags(), [1, 2, 3, 4]);
    });

    it('ends all with ackAll', async () => {
      const peer = await peers.open();
      await delivered(peer, 3);
      peer.channel.ackAll();
      assert.deepEqual(tags(), [1, 2, 3]);
      assert.ok(processed().every(span => span.attributes['messaging.rabbitmq.settlement'] === 'ack'));
    });

    it('ends all with nackAll', async () => {
      const peer = await peers.open();
      await delivered(peer, 3);
      peer.channel.nackAll(false);
      assert.deepEqual(tags(), [1, 2, 3]);
      assert.ok(processed().every(span => span.attributes['messaging.rabbitmq.requeue'] === false));
    });

    it('ends all with recover, since the broker delivers them again', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      const deliveries: ConsumeMessage[] = [];
      const again = new Promise<ConsumeMessage>(resolve => {
        const take = (message: ConsumeMessage | null) => {
          if (deliveries.push(message!) === 1) peer.request('recover').catch(assert.fail);
          else resolve(message!);
        };
        peer.consume(queue, take).catch(assert.fail);
      });
      peer.channel.ack(await again);
      const told = processed().map(({ attributes }) => [
        attributes['messaging.rabbitmq.settlement'],
        attributes['messaging.rabbitmq.requeue'],
        attributes['messaging.rabbitmq.redelivered'],
      ]);
      assert.deepEqual(told, [
        ['recover', true, undefined],
        ['ack', undefined, true],
      ]);
      const [first, second] = processed();
      assert.ok(second.links.some(link => link.context.spanId === first.spanContext().spanId));
    });

    it('makes a settle span for each settlement where they are asked for, linked to the message', async () => {
      instrumentation.setConfig({ settleSpans: 'all' });
      const peer = await peers.open();
      const [first, second, third] = await delivered(peer, 3);
      const published = telemetry.spans().map(span => span.spanContext().spanId);
      peer.channel.ack(first);
      peer.channel.nack(second, false, false);
      peer.channel.reject(third, false);
      const settled = telemetry.spans().filter(span => span.attributes['messaging.operation.type'] === 'settle');
      const { routingKey } = first.fields;
      assert.deepEqual(
        settled.map(span => span.name),
        [`ack ${routingKey}`, `nack ${routingKey}`, `reject ${routingKey}`],
      );
      assert.deepEqual(
        settled.map(span => span.links[0].context.spanId),
        published,
      );
      assert.ok(settled.every(span => span.kind === SpanKind.CLIENT));
    });

    it('makes one settle span for all that one call settles, where they are asked for', async () => {
      instrumentation.setConfig({ settleSpans: 'all' });
      const peer = await peers.open();
      const [first] = await delivered(peer, 2);
      peer.channel.ackAll();
      const settled = telemetry.span(`ack ${first.fields.routingKey}`);
      assert.equal(settled.attributes['messaging.batch.message_count'], 2);
      assert.equal(settled.links.length, 2);
    });

    it('makes no settle span for what it has not seen delivered', async () => {
      instrumentation.setConfig({ settleSpans: 'all' });
      const peer = await peers.open();
      peer.channel.ackAll();
      assert.deepEqual(telemetry.spans(), []);
    });

    it('takes all up to delivery tag 0 for all, as the broker does', async () => {
      const peer = await peers.open();
      await delivered(peer, 2);
      peer.channel.ack({ fields: { deliveryTag: 0 } } as ConsumeMessage, true);
      assert.deepEqual(tags(), [1, 2]);
    });

    it('makes no settle span unless asked', async () => {
      const peer = await peers.open();
      const [message] = await delivered(peer, 1);
      peer.channel.ack(message);
      assert.deepEqual(
        telemetry.spans().map(span => span.attributes['messaging.operation.type']),
        ['send', 'process'],
      );
    });

    it('does not count as settled what the library refuses to send', async () => {
      const peer = await peers.open();
      const [message] = await delivered(peer, 1);
      const channelClosed = new Promise(resolve => peer.channel.once('close', resolve));
      const closing = peer.closeChannel();
      assert.throws(() => peer.channel.ack(message), { name: 'IllegalOperationError' });
      await Promise.all([closing, channelClosed]);
      const [{ attributes }] = processed();
      assert.equal(attributes['error.type'], 'channel_closed');
      assert.equal('messaging.rabbitmq.settlement' in attributes, false);
    });

    it('lets a message that is settled twice close the channel, as without us', async () => {
      const peer = await peers.open();
      const [message] = await delivered(peer, 1);
      const error = new Promise<Error>(resolve => peer.channel.once('error', resolve));
      peer.channel.ack(message);
      peer.channel.ack(message);
      assert.match((await error).message, /406/);
      assert.equal(processed().length, 1);
    });

    it('gives back what the library gives back', async () => {
      const peer = await peers.open();
      const [message] = await delivered(peer, 1);
      const returned: unknown = peer.channel.ack(message);
      assert.equal(returned, api === 'callback' ? peer.channel : undefined);
    });
  });
}

describe('amqplib settlement of many messages', () => {
  const broker = withBroker('rabbitmq');
  const peers = withPeers(broker, 'promise');
  telemetry.register(new AmqplibInstrumentation());

  it('A11: ends the span of each of 20,000 messages that are acked in reverse order', async () => {
    const peer = await peers.open();
    const queue = await peer.queue();
    context.with(suppressTracing(context.active()), () => {
      for (let sent = 0; sent < 20_000; sent++) peer.channel.sendToQueue(queue, body);
    });
    const messages = await peer.deliveries(queue, 20_000);
    for (const message of messages.reverse()) peer.channel.ack(message);
    const ended = telemetry.spans().map(span => span.attributes['messaging.rabbitmq.message.delivery_tag']);
    assert.equal(ended.length, 20_000);
    assert.equal(ended[0], 20_000);
    assert.equal(ended[19_999], 1);
  });
});
