import assert from 'node:assert/strict';
import { context, propagation, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import type { ConsumeMessage } from 'amqplib';
import { AmqplibInstrumentation } from '../src';
import { APIS, withPeers, type Peer } from './peer';

const body = Buffer.from('order 1');
const tracer = trace.getTracer('test');
const acme = propagation.createBaggage({ tenant: { value: 'acme' } });

/** Something that a test waits for and something that it lets go on. */
function gate<T = void>() {
  let open!: (value: T) => void;
  const opened = new Promise<T>(resolve => (open = resolve));
  return { open, opened };
}

for (const api of APIS) {
  describe(`amqplib consume, ${api} API`, () => {
    const broker = withBroker('rabbitmq');
    const peers = withPeers(broker, api);
    const [instrumentation] = telemetry.register(new AmqplibInstrumentation());

    afterEach(() => instrumentation.setConfig({}));

    const processed = () => telemetry.spans().filter(span => span.kind === SpanKind.CONSUMER);

    it('tells a delivery as a CONSUMER span that is a child of its publish and links to it', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body, { messageId: 'm-1', correlationId: 'c-1' });
      peer.channel.ack(await peer.delivery(queue));
      await peer.request('waitForConfirms');
      const sent = telemetry.span(`publish ${queue}`);
      const span = telemetry.span(`consume ${queue}`);
      assert.equal(span.kind, SpanKind.CONSUMER);
      assert.equal(span.parentSpanContext?.spanId, sent.spanContext().spanId);
      assert.deepEqual(
        span.links.map(link => [link.context.spanId, link.attributes?.['link.type']]),
        [[sent.spanContext().spanId, 'creation']],
      );
      const {
        'server.address': address,
        'server.port': port,
        'messaging.queue_time_ms': queueTimeMs,
        ...attributes
      } = span.attributes;
      assert.ok(address && port);
      assert.equal(typeof queueTimeMs, 'number');
      assert.deepEqual(attributes, {
        'messaging.system': 'rabbitmq',
        'messaging.operation.name': 'consume',
        'messaging.operation.type': 'process',
        'messaging.destination.name': queue,
        'messaging.rabbitmq.destination.routing_key': queue,
        'messaging.rabbitmq.vhost': '/',
        'messaging.rabbitmq.message.delivery_tag': 1,
        'messaging.message.id': 'm-1',
        'messaging.message.conversation_id': 'c-1',
        'messaging.delivery_count': 1,
        'messaging.rabbitmq.settlement': 'ack',
      });
    });

    it('is active in the handler, across its awaits, with the baggage of the publish', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      const seen = gate<[Span | undefined, Span | undefined, string | undefined]>();
      await peer.consume(queue, async message => {
        const first = trace.getActiveSpan();
        await new Promise(setImmediate);
        seen.open([first, trace.getActiveSpan(), propagation.getActiveBaggage()?.getEntry('tenant')?.value]);
        peer.channel.ack(message!);
      });
      context.with(propagation.setBaggage(context.active(), acme), () => peer.channel.sendToQueue(queue, body));
      const [first, second, tenant] = await seen.opened;
      await telemetry.waitForSpans(2);
      const { spanId } = telemetry.span(`consume ${queue}`).spanContext();
      assert.deepEqual([first?.spanContext().spanId, second?.spanContext().spanId], [spanId, spanId]);
      assert.equal(tenant, 'acme');
    });

    it('ends when the message is settled, where that is after the handler', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      const message = await peer.delivery(queue);
      assert.deepEqual(processed(), []);
      peer.channel.ack(message);
      assert.equal(processed().length, 1);
    });

    it('ends when the handler is done, where that is after the settlement', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      const [acked, work] = [gate(), gate()];
      peer.channel.sendToQueue(queue, body);
      await peer.consume(queue, async message => {
        peer.channel.ack(message!);
        acked.open();
        await work.opened;
      });
      await acked.opened;
      await peer.request('waitForConfirms');
      assert.deepEqual(processed(), []);
      work.open();
      await telemetry.waitForSpans(2);
      assert.equal(processed().length, 1);
    });

    it('A1: covers an async handler in noAck mode to its end', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      const [started, work] = [gate(), gate()];
      peer.channel.sendToQueue(queue, body);
      await peer.consume(
        queue,
        async () => {
          started.open();
          await work.opened;
        },
        { noAck: true },
      );
      await started.opened;
      await new Promise(setImmediate);
      assert.deepEqual(processed(), []);
      work.open();
      await telemetry.waitForSpans(2);
      assert.equal(processed()[0].status.code, SpanStatusCode.UNSET);
    });

    it('A8: never has the span that was active at connect, at createChannel or at consume', async () => {
      for (const consumerParent of ['message', 'ambient'] as const) {
        instrumentation.setConfig({ consumerParent });
        const active = gate<Span | undefined>();
        const { peer, startup, queue } = await tracer.startActiveSpan('startup', async startup => {
          const peer = await peers.open();
          const queue = await peer.queue();
          await peer.consume(queue, message => {
            active.open(trace.getActiveSpan());
            peer.channel.ack(message!);
          });
          return { peer, startup, queue };
        });
        startup.end();
        peer.channel.sendToQueue(queue, body);
        const seen = await active.opened;
        await telemetry.waitForSpans(spans => spans.some(({ name }) => name === `consume ${queue}`));
        const span = telemetry.span(`consume ${queue}`);
        assert.equal(seen?.spanContext().spanId, span.spanContext().spanId);
        const { spanId } = startup.spanContext();
        assert.notEqual(span.parentSpanContext?.spanId, spanId);
        assert.ok(span.links.every(link => link.context.spanId !== spanId));
      }
    });

    it("A8: with consumerParent 'ambient' the process span is a root that links to the publish, and keeps the baggage", async () => {
      instrumentation.setConfig({ consumerParent: 'ambient' });
      const peer = await peers.open();
      const queue = await peer.queue();
      const tenant = gate<string | undefined>();
      await peer.consume(queue, message => {
        tenant.open(propagation.getActiveBaggage()?.getEntry('tenant')?.value);
        peer.channel.ack(message!);
      });
      context.with(propagation.setBaggage(context.active(), acme), () => peer.channel.sendToQueue(queue, body));
      assert.equal(await tenant.opened, 'acme');
      await telemetry.waitForSpans(2);
      const span = telemetry.span(`consume ${queue}`);
      assert.equal(span.parentSpanContext, undefined);
      assert.equal(span.links[0].context.spanId, telemetry.span(`publish ${queue}`).spanContext().spanId);
    });

    it('A9: says of each attempt how it was settled and whether it is another one, and guesses no count', async () => {
      const peer = await peers.open();
      const dead = await peer.queue();
      const queue = await peer.queue(undefined, {
        arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead },
      });
      const deliveries: ConsumeMessage[] = [];
      await peer.consume(queue, message => {
        deliveries.push(message!);
        peer.channel.nack(message!, false, deliveries.length === 1);
      });
      peer.channel.sendToQueue(queue, body);
      peer.channel.ack(await peer.delivery(dead));
      const [first, second, third] = processed().map(span => span.attributes);
      assert.equal(first['messaging.rabbitmq.requeue'], true);
      assert.equal(first['messaging.delivery_count'], 1);
      assert.equal('messaging.rabbitmq.redelivered' in first, false);
      assert.equal(second['messaging.rabbitmq.requeue'], false);
      assert.equal(second['messaging.rabbitmq.redelivered'], true);
      assert.equal(third['messaging.rabbitmq.settlement'], 'ack');
      for (const attributes of [second, third]) assert.equal('messaging.delivery_count' in attributes, false);
      const count = (await telemetry.metric('messaging.queue_time')).filter(
        ({ attributes }) => attributes['messaging.destination.name'] === queue,
      );
      assert.deepEqual(
        count.map(point => point.count),
        [1],
      );
    });

    it('says how often a message was delivered where a quorum queue counts', async function () {
      // The embedded broker has no quorum queues.
      if (broker.embedded) this.skip();
      const peer = await peers.open();
      const queue = await peer.queue(undefined, {
        durable: true,
        arguments: { 'x-queue-type': 'quorum' },
      });
      const done = gate();
      let deliveries = 0;
      await peer.consume(queue, message => {
        if (++deliveries < 3) return peer.channel.nack(message!);
        peer.channel.ack(message!);
        return done.open();
      });
      peer.channel.sendToQueue(queue, body);
      await done.opened;
      await peer.request('deleteQueue', queue, {});
      const counts = processed().map(span => span.attributes['messaging.delivery_count']);
      assert.deepEqual(counts, [1, 2, 3]);
    });

    it('hands a null delivery on without a span, and lets what was delivered before be settled', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      const [delivered, cancelled] = [gate<ConsumeMessage>(), gate()];
      await peer.consume(queue, message => (message ? delivered.open(message) : cancelled.open()));
      peer.channel.sendToQueue(queue, body);
      const message = await delivered.opened;
      await peer.request('deleteQueue', queue, {});
      await cancelled.opened;
      assert.deepEqual(processed(), []);
      peer.channel.ack(message);
      assert.equal(processed()[0].attributes['messaging.rabbitmq.settlement'], 'ack');
    });

    it('lets a message be settled after the app has cancelled the consumer', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      const delivered = gate<ConsumeMessage>();
      const tag = await peer.consume(queue, message => delivered.open(message!));
      peer.channel.sendToQueue(queue, body);
      const message = await delivered.opened;
      await peer.request('cancel', tag);
      assert.deepEqual(processed(), []);
      peer.channel.ack(message);
      assert.equal(processed().length, 1);
    });

    async function delivered(count: number): Promise<Peer> {
      const peer = await peers.open();
      const queue = await peer.queue();
      for (let sent = 0; sent < count; sent++) peer.channel.sendToQueue(queue, body);
      await peer.deliveries(queue, count);
      await peer.request('waitForConfirms');
      return peer;
    }

    const errorTypes = () => processed().map(span => span.attributes['error.type']);

    it('ends what is unsettled when the app closes the channel', async () => {
      const peer = await delivered(2);
      await peer.closeChannel();
      await telemetry.waitForSpans(4);
      assert.deepEqual(errorTypes(), ['channel_closed', 'channel_closed']);
    });

    it('ends what is unsettled when the broker closes the channel', async () => {
      const peer = await delivered(2);
      await assert.rejects(peer.request('checkQueue', 'there-is-no-such-queue'));
      await telemetry.waitForSpans(4);
      assert.deepEqual(errorTypes(), ['channel_closed', 'channel_closed']);
    });

    it('ends what is unsettled when the connection is closed', async () => {
      const peer = await delivered(2);
      await peer.close();
      await telemetry.waitForSpans(4);
      assert.deepEqual(errorTypes(), ['channel_closed', 'channel_closed']);
    });

    it('ends what is unsettled when the connection is lost', async () => {
      const peer = await delivered(2);
      peer.loseConnection();
      await telemetry.waitForSpans(4);
      assert.deepEqual(errorTypes(), ['channel_closed', 'channel_closed']);
    });

    it('A6: ends what is not settled in time, says so, and takes a later settlement', async () => {
      instrumentation.setConfig({ consumeTimeoutMs: 20 });
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      const message = await peer.delivery(queue);
      await telemetry.waitForSpans(2);
      const span = telemetry.span(`consume ${queue}`);
      assert.equal(span.attributes['error.type'], 'settlement_timeout');
      assert.equal(span.status.message, 'not settled within 20 ms');
      peer.channel.ack(message);
      assert.equal(await peer.get(queue), false);
    });

    it('takes the queue time from the timestamp of the message where there is no header of ours', async () => {
      instrumentation.setConfig({ sentAt: false });
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body, { timestamp: Math.floor(Date.now() / 1000) - 60 });
      peer.channel.ack(await peer.delivery(queue));
      const queueTimeMs = Number(telemetry.span(`consume ${queue}`).attributes['messaging.queue_time_ms']);
      assert.ok(queueTimeMs >= 60_000 && queueTimeMs < 120_000, String(queueTimeMs));
      const [queueTime] = await telemetry.metric('messaging.queue_time');
      assert.equal(queueTime.value, queueTimeMs);
    });

    it('says nothing of a queue time that it does not know', async () => {
      instrumentation.setConfig({ sentAt: false });
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      peer.channel.ack(await peer.delivery(queue));
      assert.equal('messaging.queue_time_ms' in telemetry.span(`consume ${queue}`).attributes, false);
      assert.deepEqual(await telemetry.metric('messaging.queue_time'), []);
    });

    it('continues a trace context that arrives as bytes', async () => {
      instrumentation.setConfig({ producerPropagation: false });
      const peer = await peers.open();
      const queue = await peer.queue();
      const traceparent = Buffer.from(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-03`);
      peer.channel.sendToQueue(queue, body, { headers: { traceparent } });
      peer.channel.ack(await peer.delivery(queue));
      assert.equal(telemetry.span(`consume ${queue}`).spanContext().traceId, 'a'.repeat(32));
    });

    it('continues a trace context whatever the case of its header', async () => {
      instrumentation.setConfig({ producerPropagation: false });
      const peer = await peers.open();
      const queue = await peer.queue();
      const Traceparent = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;
      peer.channel.sendToQueue(queue, body, { headers: { Traceparent } });
      peer.channel.ack(await peer.delivery(queue));
      assert.equal(telemetry.span(`consume ${queue}`).spanContext().traceId, 'c'.repeat(32));
    });

    for (const traceparent of [null, 1, ['x'], '', { a: 1 }]) {
      it(`starts a trace of its own where traceparent is ${JSON.stringify(traceparent)}`, async () => {
        instrumentation.setConfig({ producerPropagation: false });
        const peer = await peers.open();
        const queue = await peer.queue();
        peer.channel.sendToQueue(queue, body, { headers: { traceparent } });
        peer.channel.ack(await peer.delivery(queue));
        const span = telemetry.span(`consume ${queue}`);
        assert.equal(span.parentSpanContext, undefined);
        assert.deepEqual(span.links, []);
      });
    }

    it('counts deliveries, and records how long processing took', async () => {
      const peer = await delivered(3);
      peer.channel.ackAll();
      const [consumed] = await telemetry.metric('messaging.client.consumed.messages');
      assert.equal(consumed.value, 3);
      const [duration] = await telemetry.metric('messaging.process.duration');
      assert.equal(duration.count, 3);
    });
  });
}
