import 'reflect-metadata';
import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trace } from '@opentelemetry/api';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { MicroserviceOptions } from '@nestjs/microservices' with { 'resolution-mode': 'import' };
import { logLevel } from 'kafkajs';
import { lastValueFrom } from 'rxjs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { withKafka } from './kafka';

const tracer = trace.getTracer('test');
const activeId = () => trace.getActiveSpan()?.spanContext().spanId;

/** Each span's name, and that of its parent. */
function lineage(): string[] {
  const spans = telemetry.spans();
  const nameOf = (id: string | undefined) => spans.find(span => span.spanContext().spanId === id)?.name;
  return spans.map(span => `${span.name} < ${nameOf(span.parentSpanContext?.spanId) ?? '–'}`).sort();
}

describe('NestJS microservices over Kafka', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  const closes: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closes.splice(0).reverse()) await close();
  });

  const options = () => ({
    client: { clientId: 'shop', brokers: [broker.address], logLevel: logLevel.NOTHING },
    consumer: { groupId: uniqueName('nest'), maxWaitTimeInMs: 100, heartbeatInterval: 100 },
    subscribe: { fromBeginning: true },
  });

  /** A microservice with one handler; the decorators are called as the functions that they are. */
  async function serve(kind: 'EventPattern' | 'MessagePattern', topic: string, handle: (order: unknown) => unknown) {
    const [{ NestFactory }, { Controller, Module }, nest] = await Promise.all([
      import('@nestjs/core'),
      import('@nestjs/common'),
      import('@nestjs/microservices'),
    ]);
    class Orders {
      handle(order: unknown) {
        return handle(order);
      }
    }
    nest.Payload()(Orders.prototype, 'handle', 0);
    const decorate = nest[kind] as (pattern: string) => MethodDecorator;
    decorate(topic)(Orders.prototype, 'handle', Object.getOwnPropertyDescriptor(Orders.prototype, 'handle')!);
    Controller()(Orders);
    class Shop {}
    Module({ controllers: [Orders] })(Shop);
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(Shop, {
      transport: nest.Transport.KAFKA,
      options: options(),
      logger: false,
    });
    closes.push(() => app.close());
    await app.listen();
  }

  async function newClient() {
    const { ClientKafka } = await import('@nestjs/microservices');
    const client = new ClientKafka(options());
    closes.push(() => client.close());
    return client;
  }

  it('an event is handled in the span of its message, the child of its send', async () => {
    const topic = await kafka.topic();
    const handled: unknown[] = [];
    await serve('EventPattern', topic, order => void handled.push(order, activeId()));
    const client = await newClient();
    await client.connect();
    await tracer.startActiveSpan('checkout', async checkout => {
      await lastValueFrom(client.emit(topic, { key: 'order-1', value: { total: 7 } }));
      checkout.end();
    });
    await telemetry.waitForSpans(3);
    assert.deepEqual(lineage(), ['checkout < –', `process ${topic} < send ${topic}`, `send ${topic} < checkout`]);
    const span = telemetry.span(`process ${topic}`);
    assert.deepEqual(handled, [{ total: 7 }, span.spanContext().spanId]);
    assert.equal(span.attributes['messaging.kafka.message.key'], 'order-1');
  });

  it('a request and its reply are one trace', async () => {
    const topic = await kafka.topic();
    // Where the client waits for replies.
    await kafka.withAdmin(admin => admin.createTopics({ topics: [{ topic: `${topic}.reply` }], waitForLeaders: true }));
    await serve('MessagePattern', topic, order => ({ paid: order }));
    const client = await newClient();
    client.subscribeToResponseOf(topic);
    await client.connect();
    const reply = await tracer.startActiveSpan('checkout', async checkout => {
      const answer: unknown = await lastValueFrom(client.send(topic, { total: 7 }));
      checkout.end();
      return answer;
    });
    assert.deepEqual(reply, { paid: { total: 7 } });
    await telemetry.waitForSpans(5);
    assert.deepEqual(lineage(), [
      'checkout < –',
      `process ${topic} < send ${topic}`,
      `process ${topic}.reply < send ${topic}.reply`,
      `send ${topic} < checkout`,
      `send ${topic}.reply < process ${topic}`,
    ]);
    const [checkout] = telemetry.spans().filter(span => span.name === 'checkout');
    assert.equal(new Set(telemetry.spans().map(span => span.spanContext().traceId)).size, 1, checkout.name);
  });

  it('an event whose handler fails is not lost, and its span tells the failure', async () => {
    const topic = await kafka.topic();
    const { KafkaRetriableException } = await import('@nestjs/microservices');
    let attempts = 0;
    await serve('EventPattern', topic, () => {
      if (++attempts === 1) throw new KafkaRetriableException('the card was refused');
    });
    await kafka.seed(topic, [{ value: '{}' }]);
    const [failed, retried] = await telemetry.waitForSpans(2);
    assert.equal(failed.status.message, 'the card was refused');
    assert.deepEqual(
      retried.links.map(link => [link.context.spanId, link.attributes?.['link.type']]),
      [[failed.spanContext().spanId, 'previous-attempt']],
    );
  });
});

describe('@kafkajs/confluent-schema-registry', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  let server: Server;
  let registry: SchemaRegistry;

  before(async () => {
    server = createServer(answerRegistry).listen(0, '127.0.0.1');
    await once(server, 'listening');
    registry = new SchemaRegistry({ host: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
  after(() => server.close());

  it('what it encodes and decodes in a handler passes unchanged, in the trace of its message', async () => {
    const topic = await kafka.topic();
    const producer = await kafka.producer();
    const { id } = await registry.register({ type: SchemaType.AVRO, schema: ORDER }, { subject: `${topic}-value` });
    const order = { id: 'order-1', total: 7 };
    const key = await registry.encode(id, order);
    await producer.send({ topic, messages: [{ key, value: await registry.encode(id, order) }] });
    const decoded: unknown[] = [];
    await kafka.consume(topic, {
      eachMessage: async ({ message }) => {
        for (const bytes of [message.key!, message.value!]) decoded.push({ ...(await registry.decode(bytes)) });
        decoded.push(activeId());
      },
    });
    await telemetry.waitForSpans(2);
    const span = telemetry.span(`process ${topic}`);
    assert.deepEqual(decoded, [order, order, span.spanContext().spanId]);
    assert.equal(span.parentSpanContext?.spanId, telemetry.span(`send ${topic}`).spanContext().spanId);
    assert.deepEqual(lineage(), [`process ${topic} < send ${topic}`, `send ${topic} < –`]);
    for (const { attributes } of telemetry.spans()) assert.equal(attributes['messaging.kafka.message.key'], undefined);
  });
});

const ORDER = JSON.stringify({
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'total', type: 'int' },
  ],
});

/** A registry that knows one schema. */
const answerRegistry: Parameters<typeof createServer>[1] = (request, response) => {
  response.setHeader('content-type', 'application/vnd.schemaregistry.v1+json');
  const isConfig = request.url?.startsWith('/config');
  const isSchema = request.url?.startsWith('/schemas/ids/');
  response.end(
    JSON.stringify(isConfig ? { compatibilityLevel: 'BACKWARD' } : isSchema ? { schema: ORDER } : { id: 1 }),
  );
};
