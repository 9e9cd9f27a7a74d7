import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { RabbitMqMessage } from '@queuetrace/messaging';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { AmqplibInstrumentation } from '../src';
import { APIS, withPeers } from './peer';

const body = Buffer.from('order 1');
const tracer = trace.getTracer('test');

/** Class 10, methods 60 and 61: extensions of RabbitMQ's. */
const CONNECTION_BLOCKED = (10 << 16) | 60;
const CONNECTION_UNBLOCKED = (10 << 16) | 61;

/** The library's own connection, as far as it is told of this. */
interface Blockable {
  accept(frame: object): void;
}

for (const api of APIS) {
  describe(`amqplib publish, ${api} API`, () => {
    const broker = withBroker('rabbitmq');
    const peers = withPeers(broker, api);
    const [instrumentation] = telemetry.register(new AmqplibInstrumentation());
    const open = () => peers.open({ isConfirming: false });

    afterEach(() => instrumentation.setConfig({}));

    it('tells a publish as one PRODUCER span with what the conventions ask for', async () => {
      const peer = await open();
      const exchange = await peer.exchange('direct');
      peer.channel.publish(exchange, 'order.created', body, { messageId: 'm-1', correlationId: 'c-1' });
      const span = telemetry.span(`publish ${exchange}:order.created`);
      assert.equal(span.kind, SpanKind.PRODUCER);
      assert.equal(span.status.code, SpanStatusCode.UNSET);
      const { hostname, port } = new URL(broker.address);
      const { 'server.address': address, ...attributes } = span.attributes;
      assert.deepEqual(attributes, {
        'messaging.system': 'rabbitmq',
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.destination.name': `${exchange}:order.created`,
        'messaging.rabbitmq.destination.routing_key': 'order.created',
        'messaging.rabbitmq.vhost': '/',
        'messaging.message.id': 'm-1',
        'messaging.message.conversation_id': 'c-1',
        'server.port': Number(port || 5672),
      });
      assert.ok([hostname, '127.0.0.1', '::1', 'localhost'].includes(String(address)), String(address));
    });

    it('puts the context and the baggage of the publish into the message', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
      context.with(propagation.setBaggage(context.active(), baggage), () => {
        peer.channel.sendToQueue(queue, body, { headers: { mine: 'kept' } });
      });
      const { traceId, spanId } = telemetry.span(`publish ${queue}`).spanContext();
      const { headers } = (await peer.wireMessage(queue)).properties;
      assert.match(String(headers?.traceparent), new RegExp(`^00-${traceId}-${spanId}-`));
      assert.equal(headers?.baggage, 'tenant=acme');
      assert.equal(headers?.mine, 'kept');
    });

    it('makes the publish a child of the active span', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const parent = tracer.startActiveSpan('request', span => {
        peer.channel.sendToQueue(queue, body);
        span.end();
        return span;
      });
      assert.equal(telemetry.span(`publish ${queue}`).parentSpanContext?.spanId, parent.spanContext().spanId);
    });

    it('names a publish to no exchange and no queue amq.default', async () => {
      const peer = await open();
      peer.channel.publish('', '', body);
      assert.equal(telemetry.span('publish amq.default').attributes['messaging.destination.name'], 'amq.default');
    });

    for (const [type, routingKey, bindingArguments, headers] of [
      ['direct', 'order.created', {}, {}],
      ['topic', 'order.created', {}, {}],
      ['fanout', '', {}, {}],
      ['headers', '', { 'x-match': 'any', kind: 'order' }, { kind: 'order' }],
    ] as const) {
      it(`names both ends of a ${type} exchange by exchange, routing key and queue`, async () => {
        const peer = await open();
        const [exchange, queue] = [await peer.exchange(type), await peer.queue()];
        await peer.bind(queue, exchange, type === 'topic' ? 'order.*' : routingKey, bindingArguments);
        peer.channel.publish(exchange, routingKey, body, { headers });
        peer.channel.ack(await peer.delivery(queue));
        const published = routingKey ? `${exchange}:${routingKey}` : exchange;
        const sent = telemetry.span(`publish ${published}`);
        const processed = telemetry.span(`consume ${published}:${queue}`);
        assert.equal(processed.parentSpanContext?.spanId, sent.spanContext().spanId);
      });
    }

    it('keeps the name of the first exchange where an alternate exchange takes the message', async () => {
      const peer = await open();
      const [alternate, queue] = [await peer.exchange('fanout'), await peer.queue()];
      await peer.bind(queue, alternate);
      const exchange = await peer.exchange('direct', { alternateExchange: alternate, autoDelete: false });
      peer.channel.publish(exchange, 'nobody', body);
      peer.channel.ack(await peer.delivery(queue));
      await peer.request('deleteExchange', exchange, {});
      const sent = telemetry.span(`publish ${exchange}:nobody`);
      const processed = telemetry.span(`consume ${exchange}:nobody:${queue}`);
      assert.equal(processed.spanContext().traceId, sent.spanContext().traceId);
    });

    it('A7: keeps the names that a broker generates out of span names and metrics', async () => {
      const peer = await open();
      const queue = await peer.queue('');
      assert.match(queue, /^amq\.gen-/);
      peer.channel.sendToQueue(queue, body);
      peer.channel.ack(await peer.delivery(queue));
      const names = (await telemetry.waitForSpans(2)).map(span => span.name);
      assert.deepEqual(names, ['publish', 'consume']);
      assert.equal(telemetry.span('consume').attributes['messaging.destination.anonymous'], true);
      const points = await telemetry.metricPoints();
      assert.ok(points.length > 0);
      assert.doesNotMatch(JSON.stringify(points), /amq\.gen/);
    });

    it('A7: keeps an exclusive queue out of span names and metrics, but for what it is bound to', async () => {
      const peer = await open();
      const [exchange, queue] = [await peer.exchange('topic'), await peer.queue(undefined, { exclusive: true })];
      await peer.bind(queue, exchange, 'order.*');
      peer.channel.publish(exchange, 'order.created', body);
      peer.channel.sendToQueue(queue, body);
      await peer.deliveries(queue, 2);
      peer.channel.ackAll();
      const template = `${exchange}:order.created:{queue}`;
      const names = (await telemetry.waitForSpans(4)).map(span => span.name);
      assert.deepEqual(names, [`publish ${exchange}:order.created`, 'publish', `consume ${template}`, 'consume']);
      const { attributes } = telemetry.span(`consume ${template}`);
      assert.equal(attributes['messaging.destination.name'], `${exchange}:order.created:${queue}`);
      assert.equal(attributes['messaging.destination.temporary'], true);
      const points = JSON.stringify(await telemetry.metricPoints());
      assert.ok(points.includes(JSON.stringify(template)));
      assert.ok(!points.includes(queue));
    });

    it('A3: ends the span of a publish on a closed channel with the error that the library throws', async () => {
      const peer = await open();
      await peer.closeChannel();
      assert.throws(() => peer.channel.sendToQueue('orders', body), { name: 'IllegalOperationError' });
      const span = telemetry.span('publish orders');
      assert.equal(span.status.code, SpanStatusCode.ERROR);
      assert.equal(span.attributes['error.type'], 'IllegalOperationError');
      assert.equal(span.events[0].name, 'exception');
      const [duration] = await telemetry.metric('messaging.client.operation.duration');
      assert.equal(duration.attributes['error.type'], 'IllegalOperationError');
    });

    it('A4: leaves the options as they are: frozen ones work, and reused ones carry each publish its own context', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const options = Object.freeze({ headers: Object.freeze({ mine: 'kept' }), messageId: 'm' });
      peer.channel.sendToQueue(queue, body, options);
      peer.channel.sendToQueue(queue, body, options);
      assert.deepEqual(options, { headers: { mine: 'kept' }, messageId: 'm' });
      const sent = telemetry.spans().map(span => span.spanContext().spanId);
      const carried = [await peer.wireMessage(queue), await peer.wireMessage(queue)].map(
        ({ properties }) => String(properties.headers?.traceparent).split('-')[2],
      );
      assert.equal(new Set(sent).size, 2);
      assert.deepEqual(carried, sent);
    });

    it('leaves every other option as the caller gave it', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const options = { contentType: 'text/plain', persistent: true, priority: 3, type: 't', appId: 'a', replyTo: 'r' };
      peer.channel.sendToQueue(queue, body, options);
      const { content, properties } = await peer.wireMessage(queue);
      assert.equal(content.toString(), 'order 1');
      const { contentType, deliveryMode, priority, type, appId, replyTo } = properties;
      assert.deepEqual(
        { contentType, deliveryMode, priority, type, appId, replyTo },
        { contentType: 'text/plain', deliveryMode: 2, priority: 3, type: 't', appId: 'a', replyTo: 'r' },
      );
    });

    it('says where the reply goes to and whether the message is persistent, at both ends', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const address = 'amq.rabbitmq.reply-to.g1h2AA5yZXBseUA.secret';
      peer.channel.sendToQueue(queue, body, { replyTo: 'replies', persistent: true });
      peer.channel.sendToQueue(queue, body, { replyTo: address, deliveryMode: 1 });
      await peer.deliveries(queue, 2);
      peer.channel.ackAll();
      const told = (await telemetry.waitForSpans(4)).map(({ attributes }) => [
        attributes['messaging.rabbitmq.reply_to'],
        attributes['messaging.rabbitmq.delivery_mode'],
      ]);
      // What the broker makes for a direct reply is as good as a password.
      const [persistent, transient] = [
        ['replies', 2],
        ['amq.rabbitmq.reply-to', 1],
      ];
      assert.deepEqual(told, [persistent, transient, persistent, transient]);
    });

    it('tells a publish whose options or headers are null, which is none to the library', async () => {
      const peer = await open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body, null as unknown as undefined);
      peer.channel.sendToQueue(queue, body, { headers: null });
      for (const span of telemetry.spans()) {
        const carried = (await peer.wireMessage(queue)).properties.headers?.traceparent;
        assert.equal(String(carried).split('-')[2], span.spanContext().spanId);
      }
      assert.equal(telemetry.spans().length, 2);
    });

    it('sends inherited options and headers as the library does', async () => {
      class Persistent {
        get persistent() {
          return true;
        }
      }
      const peer = await open();
      const queue = await peer.queue();
      const headers = Object.create({ inherited: 'too' }) as object;
      peer.channel.sendToQueue(queue, body, Object.assign(new Persistent(), { headers, messageId: 'm' }));
      const { properties } = await peer.wireMessage(queue);
      assert.equal(properties.deliveryMode, 2);
      assert.equal(properties.messageId, 'm');
      assert.equal(properties.headers?.inherited, 'too');
      assert.ok(properties.headers?.traceparent);
    });

    it('keeps and links a context that the caller has put into the message', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      peer.channel.sendToQueue(queue, body, { headers: { traceparent } });
      const span = telemetry.span(`publish ${queue}`);
      assert.equal(span.kind, SpanKind.CLIENT);
      assert.deepEqual(
        span.links.map(link => link.context.spanId),
        ['b'.repeat(16)],
      );
      assert.equal((await peer.wireMessage(queue)).properties.headers?.traceparent, traceparent);
    });

    for (const [how, forwarded] of [
      ['as they are', (headers: object) => headers],
      ['in a copy', (headers: object) => ({ ...headers, attempt: 2 })],
    ] as const) {
      it(`gives a message with headers of a delivery, sent on ${how} outside of its processing, a context of its own`, async () => {
        const peer = await open();
        const [queue, next] = [await peer.queue(), await peer.queue()];
        const spanId = randomBytes(8).toString('hex');
        // As an application of another language sends: we know nothing of it but what is delivered.
        const headers = { traceparent: `00-${randomBytes(16).toString('hex')}-${spanId}-01` };
        context.with(suppressTracing(context.active()), () => peer.channel.sendToQueue(queue, body, { headers }));
        const { properties } = await peer.delivery(queue);
        peer.channel.ackAll();
        peer.channel.sendToQueue(next, body, { headers: forwarded(properties.headers!) });
        const sent = telemetry.span(`publish ${next}`);
        assert.equal(sent.kind, SpanKind.PRODUCER);
        assert.deepEqual(
          sent.links.map(link => link.context.spanId),
          [spanId],
        );
        const carried = (await peer.wireMessage(next)).properties.headers?.traceparent;
        assert.equal(String(carried).split('-')[2], sent.spanContext().spanId);
      });
    }

    it('sends no context on in bytes, as the headers of a Kafka record have it: consumers in Python fail on them', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const spanId = randomBytes(8).toString('hex');
      const traceparent = Buffer.from(`00-${randomBytes(16).toString('hex')}-${spanId}-01`);
      const headers = { traceparent, tracestate: Buffer.from('vendor=1'), baggage: Buffer.from('tenant=acme') };
      peer.channel.sendToQueue(queue, body, { headers });
      const sent = telemetry.span(`publish ${queue}`);
      assert.deepEqual(
        sent.links.map(link => link.context.spanId),
        [spanId],
      );
      const carried = (await peer.wireMessage(queue)).properties.headers!;
      assert.equal(String(carried.traceparent).split('-')[2], sent.spanContext().spanId);
      assert.deepEqual(
        [typeof carried.traceparent, carried.tracestate, carried.baggage],
        ['string', undefined, 'tenant=acme'],
      );
      assert.ok(Buffer.isBuffer(headers.traceparent));
    });

    it('sends headers on that were frozen, and leaves nothing of the context that they came with, however it is spelled', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const traceparent = Buffer.from(`00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`);
      const given = { Traceparent: traceparent, tracestate: 'vendor=1', traceparent, kind: 'order' };
      const headers = Object.freeze({ ...given });
      peer.channel.sendToQueue(queue, body, { headers });
      const sent = telemetry.span(`publish ${queue}`);
      const carried = (await peer.wireMessage(queue)).properties.headers!;
      const names = ['kind', 'traceparent', 'x-queuetrace-sent-at', 'x-queuetrace-story'];
      assert.deepEqual(Object.keys(carried).sort(), names);
      assert.equal(String(carried.traceparent).split('-')[2], sent.spanContext().spanId);
      assert.deepEqual(headers, given);
    });

    it('gives a hook headers of its own to write to: what it adds is sent, and the caller has theirs as they were', async () => {
      instrumentation.setConfig({
        sendHook(_span, { messages }) {
          const [message] = messages as readonly RabbitMqMessage[];
          message.headers = Object.assign(message.headers ?? {}, { added: 'by the hook' });
        },
      });
      const peer = await open();
      const queue = await peer.queue();
      const headers = { mine: 'kept' };
      peer.channel.sendToQueue(queue, body, { headers });
      const { added, mine, traceparent } = (await peer.wireMessage(queue)).properties.headers!;
      assert.deepEqual([added, mine, typeof traceparent], ['by the hook', 'kept', 'string']);
      assert.deepEqual(headers, { mine: 'kept' });
    });

    it('writes to no accessor that the caller has among the headers', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const written: unknown[] = [];
      const traceparent = Buffer.from(`00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`);
      class Headers {
        get traceparent() {
          return traceparent;
        }
        set traceparent(value) {
          written.push(value);
        }
      }
      Object.defineProperty(Headers.prototype, 'traceparent', { enumerable: true });
      peer.channel.sendToQueue(queue, body, { headers: new Headers() });
      const sent = telemetry.span(`publish ${queue}`);
      const carried = (await peer.wireMessage(queue)).properties.headers?.traceparent;
      assert.equal(String(carried).split('-')[2], sent.spanContext().spanId);
      assert.deepEqual(written, []);
    });

    it('keeps a context that the caller puts into several messages, also where it consumes them itself', async () => {
      const peer = await open();
      const [queue, next] = [await peer.queue(), await peer.queue()];
      const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
      peer.channel.sendToQueue(queue, body, { headers: { traceparent } });
      peer.channel.ack(await peer.delivery(queue));
      peer.channel.sendToQueue(next, body, { headers: { traceparent } });
      assert.equal((await peer.wireMessage(next)).properties.headers?.traceparent, traceparent);
    });

    it('says where the library asks the caller to wait for it to drain', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const written = Array.from({ length: 3000 }, () => peer.channel.sendToQueue(queue, body));
      assert.ok(written.includes(false));
      const told = telemetry.spans().map(span => span.attributes['messaging.rabbitmq.back_pressure']);
      assert.deepEqual(
        told,
        written.map(isWritable => (isWritable ? undefined : true)),
      );
      const [events] = await telemetry.metric('messaging.client.events');
      assert.equal(events.attributes['messaging.client.event'], 'back_pressure');
      assert.equal(events.value, written.filter(isWritable => !isWritable).length);
    });

    it('counts when the broker takes no publishes, for want of memory or disk, and when it does again', async () => {
      const peer = await open();
      const { connection } = peer.connection as unknown as { connection: Blockable };
      const told: string[] = [];
      peer.connection.on('blocked', reason => told.push(reason));
      // As a broker says it, which can't be made to run out of either here.
      connection.accept({ id: CONNECTION_BLOCKED, channel: 0, fields: { reason: 'low on memory' } });
      connection.accept({ id: CONNECTION_UNBLOCKED, channel: 0, fields: {} });
      assert.deepEqual(told, ['low on memory']);
      const events = await telemetry.metric('messaging.client.events');
      assert.deepEqual(
        events.map(({ attributes, value }) => [attributes['messaging.client.event'], value]),
        [
          ['blocked', 1],
          ['unblocked', 1],
        ],
      );
    });

    it('writes no header of its own with producerPropagation and sentAt off', async () => {
      instrumentation.setConfig({ producerPropagation: false, sentAt: false });
      const peer = await open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      assert.equal(telemetry.span(`publish ${queue}`).kind, SpanKind.CLIENT);
      assert.deepEqual({ ...(await peer.wireMessage(queue)).properties.headers }, {});
    });

    it('writes when a message was sent, unless told not to', async () => {
      const peer = await open();
      const queue = await peer.queue();
      const before = Date.now();
      peer.channel.sendToQueue(queue, body);
      instrumentation.setConfig({ sentAt: false });
      peer.channel.sendToQueue(queue, body);
      const first = await peer.wireMessage(queue);
      const second = await peer.wireMessage(queue);
      const sentAt = Number(first.properties.headers?.['x-queuetrace-sent-at']);
      assert.ok(sentAt >= before && sentAt <= Date.now(), String(sentAt));
      assert.deepEqual(Object.keys(second.properties.headers ?? {}), ['traceparent']);
    });

    it('does nothing at all for an ignored destination', async () => {
      instrumentation.setConfig({ ignoreDestinations: ['secret-*'] });
      const peer = await open();
      const [queue, other] = [await peer.queue(uniqueName('secret')), await peer.queue(uniqueName('secret'))];
      peer.channel.sendToQueue(queue, body);
      peer.channel.ack(await peer.delivery(queue));
      peer.channel.sendToQueue(other, body);
      assert.deepEqual({ ...(await peer.wireMessage(other)).properties.headers }, {});
      assert.deepEqual(telemetry.spans(), []);
      assert.deepEqual(await telemetry.metricPoints(), []);
    });

    it('does nothing at all where tracing is suppressed', async () => {
      const peer = await open();
      const queue = await peer.queue();
      context.with(suppressTracing(context.active()), () => peer.channel.sendToQueue(queue, body));
      assert.deepEqual({ ...(await peer.wireMessage(queue)).properties.headers }, {});
      assert.deepEqual(telemetry.spans(), []);
      assert.deepEqual(await telemetry.metricPoints(), []);
    });

    it('records the size of bodies and the headers that are asked for, and no others', async () => {
      instrumentation.setConfig({ bodySize: true, headersIncluded: ['tenant', 'x-*'], headersExcluded: ['x-secret'] });
      const peer = await open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body, { headers: { tenant: 'acme', 'x-secret': 's', other: 'o' } });
      peer.channel.ack(await peer.delivery(queue));
      for (const { attributes } of await telemetry.waitForSpans(2)) {
        assert.equal(attributes['messaging.message.body.size'], body.length);
        assert.equal(attributes['messaging.header.tenant'], 'acme');
        assert.equal('messaging.header.x-secret' in attributes, false);
        assert.equal('messaging.header.other' in attributes, false);
      }
    });

    it('counts what was sent, and records how long it took', async () => {
      const peer = await open();
      const queue = await peer.queue();
      for (let sent = 0; sent < 3; sent++) peer.channel.sendToQueue(queue, body);
      const [messages] = await telemetry.metric('messaging.client.sent.messages');
      assert.equal(messages.value, 3);
      assert.equal(messages.attributes['messaging.destination.name'], queue);
      const [duration] = await telemetry.metric('messaging.client.operation.duration');
      assert.equal(duration.count, 3);
    });

    it('records no metric with metrics off', async () => {
      instrumentation.setConfig({ metrics: false });
      const peer = await open();
      const queue = await peer.queue();
      peer.channel.sendToQueue(queue, body);
      assert.equal(telemetry.spans().length, 1);
      assert.deepEqual(await telemetry.metricPoints(), []);
    });

    it('tells a publish and its processing in the vocabulary that is asked for', async () => {
      const peer = await open();
      const queue = await peer.queue();
      instrumentation.setConfig({ semconv: ['1.45'] });
      peer.channel.sendToQueue(queue, body);
      peer.channel.ack(await peer.delivery(queue));
      for (const span of await telemetry.waitForSpans(2)) {
        assert.equal(span.attributes['messaging.system.name'], 'rabbitmq');
        assert.equal(span.attributes['rabbitmq.destination.routing_key'], queue);
      }
      instrumentation.setConfig({ semconv: ['legacy'] });
      const other = await peer.queue();
      peer.channel.sendToQueue(other, body);
      const [, , legacy] = telemetry.spans();
      assert.equal(legacy.attributes['messaging.destination'], other);
      assert.equal(legacy.attributes['messaging.rabbitmq.routing_key'], other);
      assert.equal('messaging.destination.name' in legacy.attributes, false);
    });

    it('gives back what the library gives back', async () => {
      const peer = await open();
      assert.equal(peer.channel.sendToQueue(await peer.queue(), body), true);
    });
  });
}
