import assert from 'node:assert/strict';
import { SpanKind } from '@opentelemetry/api';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import * as amqp from 'amqplib';
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { AmqplibInstrumentation } from '../src';
import { APIS, withPeers } from './peer';

const body = Buffer.from('order 1');

/** What amqplib 2 has and its types do not know yet. */
const RECOVERY = { recovery: { initialDelay: 10, maxDelay: 50 } };

for (const api of APIS) {
  describe(`amqplib and a broker that restarts, ${api} API`, () => {
    const broker = withBroker('rabbitmq', { own: true });
    const peers = withPeers(broker, api);
    telemetry.register(new AmqplibInstrumentation());

    it('ends what waits for the broker, and traces the next connection', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      await peer.request('waitForConfirms');
      await peer.delivery(queue);
      const closed = new Promise(resolve => peer.channel.once('close', resolve));
      await broker.restart();
      await closed;
      assert.equal(telemetry.span(`consume ${queue}`).attributes['error.type'], 'channel_closed');

      const next = await peers.open();
      const other = await next.queue();
      next.channel.sendToQueue(other, body);
      next.channel.ack(await next.delivery(other));
      await next.request('waitForConfirms');
      const { traceId } = telemetry.span(`publish ${other}`).spanContext();
      assert.equal(telemetry.span(`consume ${other}`).spanContext().traceId, traceId);
    });
  });
}

describe("amqplib's own recovery", () => {
  const broker = withBroker('rabbitmq', { own: true });
  telemetry.register(new AmqplibInstrumentation());

  it('keeps tracing on the channels of the connection that is made anew', async () => {
    const connection = (await amqp.connect(broker.address, {
      noDelay: true,
      ...RECOVERY,
    } as object)) as ChannelModel;
    connection.on('error', () => {});
    const queue = uniqueName('recovered');
    const reconnected = new Promise(resolve => connection.once('connect', resolve));
    const outcomes: unknown[] = [];
    for (let round = 0; round < 2; round++) {
      const channel: ConfirmChannel = await connection.createConfirmChannel();
      channel.on('error', () => {});
      await channel.assertQueue(queue, { durable: false, autoDelete: true });
      const delivered = new Promise<ConsumeMessage>((resolve, reject) => {
        channel.consume(queue, message => resolve(message!)).catch(reject);
      });
      channel.sendToQueue(queue, body);
      await channel.waitForConfirms();
      const message = await delivered;
      if (round === 1) {
        channel.ack(message);
        break;
      }
      const closed = new Promise(resolve => channel.once('close', resolve));
      await broker.restart();
      await Promise.all([closed, reconnected]);
    }
    await telemetry.waitForSpans(4);
    const processed = telemetry.spans().filter(span => span.kind === SpanKind.CONSUMER);
    for (const span of processed) outcomes.push(span.attributes['error.type']);
    assert.deepEqual(outcomes, ['channel_closed', undefined]);
    const published = telemetry.spans().filter(span => span.kind === SpanKind.PRODUCER);
    assert.deepEqual(
      processed.map(span => span.parentSpanContext?.spanId),
      published.map(span => span.spanContext().spanId),
    );
    await connection.close();
  });
});
