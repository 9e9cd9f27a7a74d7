import assert from 'node:assert/strict';
import { SpanKind, trace, type Span } from '@opentelemetry/api';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { connect, type ChannelWrapper } from 'amqp-connection-manager';
import type { Channel } from 'amqplib';
import { BrokerAsPromised, withDefaultConfig } from 'rascal';
import { AmqplibInstrumentation } from '../src';

const tracer = trace.getTracer('test');

/** Starts work in a span of its own, and gives back both. */
function inSpan<T>(name: string, work: () => T): { span: Span; result: T } {
  return tracer.startActiveSpan(name, span => {
    const result = work();
    span.end();
    return { span, result };
  });
}

/** Each publish is the child of its caller's span, each handler's span that of its publish. */
function assertChains(queue: string, callers: Span[], handlers: (Span | undefined)[]): void {
  const published = telemetry.spans().filter(span => span.kind === SpanKind.PRODUCER);
  const processed = telemetry.spans().filter(span => span.kind === SpanKind.CONSUMER);
  const ids = (spans: { spanContext(): { spanId: string } }[]) => spans.map(span => span.spanContext().spanId);
  assert.deepEqual(
    published.map(span => span.parentSpanContext?.spanId),
    ids(callers),
  );
  assert.deepEqual(
    processed.map(span => span.parentSpanContext?.spanId),
    ids(published),
  );
  assert.deepEqual(
    handlers.map(span => span?.spanContext().spanId),
    ids(processed),
  );
  assert.ok(processed.every(span => span.name === `consume ${queue}`));
}

describe('amqp-connection-manager', () => {
  const broker = withBroker('rabbitmq', { own: true });
  telemetry.register(new AmqplibInstrumentation());

  it('keeps the context of each publish, also of those it queues until there is a connection', async () => {
    const queue = uniqueName('managed');
    await broker.stop();
    const { result: manager } = inSpan('startup', () =>
      connect([broker.address], { reconnectTimeInSeconds: 0.05, connectionOptions: { noDelay: true } }),
    );
    manager.on('connectFailed', () => {});
    const handlers: (Span | undefined)[] = [];
    const channel: ChannelWrapper = manager.createChannel({
      setup: async (raw: Channel) => {
        await raw.assertQueue(queue, { durable: false, autoDelete: true });
        await raw.consume(queue, message => {
          handlers.push(trace.getActiveSpan());
          raw.ack(message!);
        });
      },
    });
    const sends = ['request 1', 'request 2'].map(name =>
      inSpan(name, () => channel.sendToQueue(queue, Buffer.from(name))),
    );
    await broker.restart();
    await Promise.all(sends.map(({ result }) => result));
    const last = inSpan('request 3', () => channel.sendToQueue(queue, Buffer.from('request 3')));
    await last.result;
    const callers = [...sends, last].map(({ span }) => span);
    await telemetry.waitForSpans(spans => spans.filter(span => span.kind === SpanKind.CONSUMER).length === 3);
    assertChains(queue, callers, handlers);
    await manager.close();
  });
});

describe('rascal', () => {
  const broker = withBroker('rabbitmq');
  telemetry.register(new AmqplibInstrumentation());

  it('keeps the context of each publish, and gives each handler its own', async () => {
    const queue = uniqueName('rascal');
    const { result } = inSpan('startup', () =>
      BrokerAsPromised.create(
        withDefaultConfig({
          vhosts: {
            '/': {
              connection: { url: broker.address, socketOptions: { noDelay: true } },
              queues: { [queue]: { options: { durable: false, autoDelete: true } } },
              publications: { orders: { vhost: '/', queue, confirm: true, autoCreated: true } },
              subscriptions: { orders: { vhost: '/', queue, autoCreated: true } },
            },
          },
        }),
      ),
    );
    const rascal = await result;
    rascal.on('error', () => {});
    const handlers: (Span | undefined)[] = [];
    const { result: subscribing } = inSpan('subscribe', () => rascal.subscribe('orders'));
    const subscription = await subscribing;
    subscription.on('error', () => {});
    subscription.on('message', (_message, _content, ackOrNack) => {
      handlers.push(trace.getActiveSpan());
      ackOrNack();
    });
    // At once, so that they wait for channels of the pool.
    const sends = ['request 1', 'request 2', 'request 3'].map(name =>
      inSpan(name, () => rascal.publish('orders', { name })),
    );
    for (const { result } of sends) {
      const publication = await result;
      publication.on('error', () => {});
    }
    const callers = sends.map(({ span }) => span);
    await telemetry.waitForSpans(spans => spans.filter(span => span.kind === SpanKind.CONSUMER).length === 3);
    assertChains(queue, callers, handlers);
    await rascal.shutdown();
  });
});
