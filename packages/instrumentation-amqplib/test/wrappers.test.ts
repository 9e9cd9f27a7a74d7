import 'reflect-metadata';
import assert from 'node:assert/strict';
import { SpanKind, trace, type Span } from '@opentelemetry/api';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { AmqpConnection } from '@golevelup/nestjs-rabbitmq';
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

const processed = (count: number) =>
  telemetry.waitForSpans(spans => spans.filter(span => span.kind === SpanKind.CONSUMER).length === count);

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
    await processed(3);
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
    await processed(3);
    assertChains(queue, callers, handlers);
    await rascal.shutdown();
  });
});

const NO_LOGGER = { log() {}, error() {}, warn() {} };

// It brings amqplib 0.10 of its own.
describe('@golevelup/nestjs-rabbitmq', () => {
  const own = withBroker('rabbitmq', { own: true });
  const broker = withBroker('rabbitmq');
  telemetry.register(new AmqplibInstrumentation());

  async function open(uri: string, enableDirectReplyTo = false): Promise<AmqpConnection> {
    const connection = new AmqpConnection({
      uri,
      logger: NO_LOGGER,
      enableDirectReplyTo,
      connectionInitOptions: { wait: false },
      connectionManagerOptions: { reconnectTimeInSeconds: 0.05, connectionOptions: { noDelay: true } },
    });
    await connection.init();
    return connection;
  }

  const queueOptions = { durable: false, autoDelete: true };

  it('keeps the context of each publish, also of those it queues until there is a connection', async () => {
    const queue = uniqueName('nest');
    await own.stop();
    const connection = await inSpan('startup', () => open(own.address)).result;
    const handlers: (Span | undefined)[] = [];
    const handle = async () => void handlers.push(trace.getActiveSpan());
    inSpan('subscribe', () => void connection.createSubscriber(handle, { queue, queueOptions }, 'handle'));
    const send = (name: string) => inSpan(name, () => connection.publish('', queue, { name }));
    const sends = [send('request 1'), send('request 2')];
    await own.restart();
    await Promise.all(sends.map(({ result }) => result));
    sends.push(send('request 3'));
    await processed(3);
    assertChains(
      queue,
      sends.map(({ span }) => span),
      handlers,
    );
    await connection.close();
  });

  it('links a reply to its request, over the direct reply-to', async function () {
    // The embedded broker has no direct reply-to.
    if (broker.embedded) this.skip();
    const queue = uniqueName('nest-rpc');
    const connection = await open(broker.address, true);
    await connection.createRpc(async () => 'reply', { queue, routingKey: queue, queueOptions });
    const { span, result } = inSpan('request', () => connection.request({ exchange: '', routingKey: queue }));
    assert.equal(await result, 'reply');
    await processed(2);
    const request = telemetry.span(`publish ${queue}`);
    assert.equal(request.parentSpanContext?.spanId, span.spanContext().spanId);
    const [reply] = telemetry.spans().filter(({ name }) => name === 'consume');
    assert.ok(reply.links.some(({ context }) => context.spanId === request.spanContext().spanId));
    await connection.close();
  });
});
