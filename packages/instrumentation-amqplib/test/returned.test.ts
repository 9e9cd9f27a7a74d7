import assert from 'node:assert/strict';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { AmqplibInstrumentation } from '../src';
import { APIS, withPeers } from './peer';

const body = Buffer.from('order 1');
const mandatory = { mandatory: true, messageId: 'm-1' };

for (const api of APIS) {
  describe(`amqplib messages that come back, ${api} API`, () => {
    const broker = withBroker('rabbitmq');
    const peers = withPeers(broker, api);
    const [instrumentation] = telemetry.register(new AmqplibInstrumentation());

    afterEach(() => {
      instrumentation.enable();
      instrumentation.setConfig({});
    });

    it('A10: fails the publish of a mandatory message that no queue takes, where its confirm is awaited', async () => {
      const peer = await peers.open();
      const nowhere = uniqueName('nowhere');
      peer.channel.publish('', nowhere, body, mandatory);
      await peer.request('waitForConfirms');
      const [span, ...others] = telemetry.spans();
      assert.deepEqual(others, []);
      assert.equal(span.name, `publish ${nowhere}`);
      assert.equal(span.status.code, SpanStatusCode.ERROR);
      assert.equal(span.attributes['error.type'], 'NO_ROUTE');
    });

    it('A10: tells of a mandatory message that comes back after its publish span has ended', async () => {
      const peer = await peers.open({ isConfirming: false });
      const nowhere = uniqueName('nowhere');
      trace.getTracer('test').startActiveSpan('request', span => {
        peer.channel.publish('', nowhere, body, mandatory);
        span.end();
      });
      await telemetry.waitForSpans(3);
      const published = telemetry.span(`publish ${nowhere}`);
      const returned = telemetry.span(`return ${nowhere}`);
      assert.equal(published.status.code, SpanStatusCode.UNSET);
      assert.equal(returned.kind, SpanKind.CLIENT);
      assert.equal(returned.status.code, SpanStatusCode.ERROR);
      assert.equal(returned.attributes['error.type'], 'NO_ROUTE');
      assert.equal(returned.attributes['messaging.message.id'], 'm-1');
      assert.equal(returned.parentSpanContext?.spanId, published.spanContext().spanId);
      assert.equal(returned.links[0].context.spanId, published.spanContext().spanId);
    });

    it('calls the confirm callback as the library does, after the message has come back', async () => {
      const peer = await peers.open();
      const error = await new Promise(resolve => {
        peer.channel.publish('', uniqueName('nowhere'), body, mandatory, resolve);
      });
      assert.equal(error, null);
      assert.equal(telemetry.spans()[0].attributes['error.type'], 'NO_ROUTE');
    });

    it('tells apart which of several messages came back', async () => {
      const peer = await peers.open();
      const [queue, nowhere] = [await peer.queue(), uniqueName('nowhere')];
      for (const routingKey of [nowhere, queue, nowhere, queue]) {
        peer.channel.publish('', routingKey, body, mandatory);
      }
      await peer.request('waitForConfirms');
      const told = telemetry.spans().map(span => [span.name, span.attributes['error.type']]);
      assert.equal(told.length, 4);
      for (const [name, type] of told) assert.equal(type, name === `publish ${nowhere}` ? 'NO_ROUTE' : undefined);
    });

    it('tells nothing more of a mandatory message that a queue takes', async () => {
      const peer = await peers.open();
      const queue = await peer.queue();
      peer.channel.publish('', queue, body, mandatory);
      await peer.request('waitForConfirms');
      assert.deepEqual(
        telemetry.spans().map(span => span.status.code),
        [SpanStatusCode.UNSET],
      );
    });

    it("hands the message on to the app's listener, and adds none where there is none", async () => {
      const peer = await peers.open();
      const nowhere = uniqueName('nowhere');
      peer.channel.publish('', nowhere, body, mandatory);
      assert.equal(peer.channel.listenerCount('return'), 0);
      await peer.request('waitForConfirms');
      const returned = new Promise<string>(resolve => {
        peer.channel.on('return', message => resolve(message.fields.routingKey));
      });
      peer.channel.publish('', nowhere, body, mandatory);
      assert.equal(await returned, nowhere);
      await peer.request('waitForConfirms');
    });

    it('tells each message once also after it was disabled and enabled again', async () => {
      const peer = await peers.open({ isConfirming: false });
      const nowhere = uniqueName('nowhere');
      peer.channel.publish('', nowhere, body, mandatory);
      await telemetry.waitForSpans(2);
      instrumentation.disable();
      instrumentation.enable();
      peer.channel.publish('', nowhere, body, mandatory);
      await telemetry.waitForSpans(4);
      await peer.queue();
      assert.equal(telemetry.spans().length, 4);
    });

    it('tells of a message that carries no context in a trace of its own', async () => {
      instrumentation.setConfig({ producerPropagation: false });
      const peer = await peers.open({ isConfirming: false });
      const nowhere = uniqueName('nowhere');
      peer.channel.publish('', nowhere, body, mandatory);
      await telemetry.waitForSpans(2);
      const returned = telemetry.span(`return ${nowhere}`);
      assert.equal(returned.parentSpanContext, undefined);
      assert.deepEqual(returned.links, []);
    });
  });
}
