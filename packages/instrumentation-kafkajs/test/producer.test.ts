import * as assert from 'node:assert/strict';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Message, Producer } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import { header, itSince, traceparent, USER_SPAN_ID, USER_TRACE_ID, USER_TRACEPARENT, withKafka } from './kafka';

const tracer = trace.getTracer('test');

describe('kafkajs producer', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  let topic: string;
  let producer: Producer;

  beforeEach(async () => {
    topic = await kafka.topic();
    producer = await kafka.producer();
  });

  const send = (...messages: Message[]) => producer.send({ topic, messages });

  it('tells one send span with all that the broker said', async () => {
    await send({ key: 'order-1', value: 'paid' });
    const span = telemetry.span(`send ${topic}`);
    assert.equal(span.kind, SpanKind.PRODUCER);
    assert.equal(span.status.code, SpanStatusCode.UNSET);
    assert.equal(span.parentSpanContext, undefined);
    const [host, port] = broker.address.split(':');
    assert.deepEqual(span.attributes, {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': '0',
      'messaging.batch.message_count': 1,
      'messaging.client.id': 'shop',
      'messaging.kafka.cluster.id': await kafka.clusterId(),
      'messaging.kafka.message.key': 'order-1',
      'messaging.kafka.offset': 0,
      'server.address': host,
      'server.port': Number(port),
    });
  });

  it('counts each message and times each call', async () => {
    await send({ value: '1' }, { value: '2' });
    await send({ value: '3' });
    const [sent] = await telemetry.metric('messaging.client.sent.messages');
    assert.equal(sent.value, 3);
    const [duration] = await telemetry.metric('messaging.client.operation.duration');
    assert.equal(duration.count, 2);
    assert.equal(duration.attributes['messaging.destination.name'], topic);
    assert.equal(duration.attributes['server.port'], Number(broker.address.split(':')[1]));
    assert.equal(duration.attributes['messaging.operation.type'], 'send');
  });

  it('carries the span and the baggage to whoever consumes', async () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
    await tracer.startActiveSpan('checkout', async parent => {
      await context.with(propagation.setBaggage(context.active(), baggage), () => send({ value: 'paid' }));
      parent.end();
    });
    const span = telemetry.span(`send ${topic}`);
    assert.equal(span.parentSpanContext?.spanId, telemetry.span('checkout').spanContext().spanId);
    const [record] = await kafka.wire(topic);
    assert.equal(header(record, 'traceparent'), traceparent(span.spanContext()));
    assert.equal(header(record, 'baggage'), 'tenant=acme');
  });

  it('tells 1,000 messages in one call as one span, that all of them carry', async () => {
    await send(...Array.from({ length: 1000 }, (_, index) => ({ value: String(index) })));
    const span = telemetry.span(`send ${topic}`);
    assert.equal(span.attributes['messaging.batch.message_count'], 1000);
    const records = await kafka.wire(topic, 1000);
    const carried = new Set(records.map(record => header(record, 'traceparent')));
    assert.deepEqual([...carried], [traceparent(span.spanContext())]);
  });

  it('gives each message its own context where all share one headers object', async () => {
    const headers = { source: 'web' };
    await send({ value: '1', headers }, { value: '2', headers });
    await producer.send({ topic, messages: [{ value: '3', headers }] });
    const [first, second] = telemetry.spans().map(span => traceparent(span.spanContext()));
    const records = await kafka.wire(topic, 3);
    assert.deepEqual(
      records.map(record => header(record, 'traceparent')),
      [first, first, second],
    );
    assert.deepEqual(
      records.map(record => header(record, 'source')),
      ['web', 'web', 'web'],
    );
    assert.deepEqual(headers, { source: 'web' });
  });

  it('leaves the messages as they are, and sends frozen ones', async () => {
    const message = Object.freeze({ value: 'paid', headers: Object.freeze({ source: 'web' }) });
    const record = Object.freeze({ topic, messages: Object.freeze([message]) as unknown as Message[] });
    await producer.send(record);
    await producer.send(record);
    assert.deepEqual(message, { value: 'paid', headers: { source: 'web' } });
    const [first, second] = telemetry.spans().map(span => traceparent(span.spanContext()));
    const records = await kafka.wire(topic, 2);
    assert.deepEqual(
      records.map(one => header(one, 'traceparent')),
      [first, second],
    );
  });

  it('sends of messages whose fields are accessors of a class what the library does: no value', async () => {
    class Event {
      readonly #value = 'paid';

      get value() {
        return this.#value;
      }

      get key() {
        return 'order-1';
      }
    }
    await send(new Event());
    const [record] = await kafka.wire(topic);
    assert.equal(record.value, null);
    assert.equal(record.key, null);
    assert.equal(header(record, 'traceparent'), traceparent(telemetry.span(`send ${topic}`).spanContext()));
  });

  it('keeps a context that the caller put into a message, and links it', async () => {
    await send({ value: 'paid', headers: { traceparent: USER_TRACEPARENT } });
    const span = telemetry.span(`send ${topic}`);
    assert.equal(span.kind, SpanKind.CLIENT);
    assert.deepEqual(
      span.links.map(link => [link.context.traceId, link.context.spanId]),
      [[USER_TRACE_ID, USER_SPAN_ID]],
    );
    const [record] = await kafka.wire(topic);
    assert.equal(header(record, 'traceparent'), USER_TRACEPARENT);
  });

  it('replaces headers that were forwarded from a consumed record, and links where they came from', async () => {
    await send({ value: 'paid' });
    const first = telemetry.span(`send ${topic}`).spanContext();
    const [record] = await kafka.wire(topic);
    const retries = await kafka.topic();
    await producer.send({ topic: retries, messages: [{ value: record.value, headers: record.headers }] });
    const span = telemetry.span(`send ${retries}`);
    assert.deepEqual(
      span.links.map(link => link.context.spanId),
      [first.spanId],
    );
    const [forwarded] = await kafka.wire(retries);
    assert.equal(header(forwarded, 'traceparent'), traceparent(span.spanContext()));
  });

  it('sends a message object twice with the context of each send', async () => {
    const message = { value: 'paid', headers: {} };
    await send(message);
    await send(message);
    const spans = telemetry.spans();
    assert.deepEqual(
      spans.map(span => span.links.length),
      [0, 0],
    );
    const records = await kafka.wire(topic, 2);
    assert.deepEqual(
      records.map(record => header(record, 'traceparent')),
      spans.map(span => traceparent(span.spanContext())),
    );
  });

  itSince('2.0', 'keeps headers of every kind as they are', async () => {
    const headers = { text: 'a', bytes: Buffer.from([0xff, 0x00]), repeated: ['1', '2'], empty: '' };
    await send({ value: 'paid', headers });
    const [record] = await kafka.wire(topic);
    assert.deepEqual(record.headers, {
      traceparent: Buffer.from(traceparent(telemetry.span(`send ${topic}`).spanContext())),
      text: Buffer.from('a'),
      bytes: Buffer.from([0xff, 0x00]),
      repeated: [Buffer.from('1'), Buffer.from('2')],
      empty: Buffer.from(''),
    });
  });

  it('records text keys, empty ones too, and no binary key', async () => {
    const keyOf = async (key: Message['key']) => {
      await send({ key, value: 'paid' });
      return telemetry.spans().at(-1)!.attributes['messaging.kafka.message.key'];
    };
    assert.equal(await keyOf('order-ü'), 'order-ü');
    assert.equal(await keyOf(Buffer.from('order-2')), 'order-2');
    assert.equal(await keyOf(Buffer.from([0xff, 0xfe, 0x00, 0x01])), undefined);
    assert.equal(await keyOf(null), undefined);
    assert.equal(await keyOf(''), '');
    const [record] = await kafka.wire(topic, 5).then(records => records.slice(2));
    assert.deepEqual(record.key, Buffer.from([0xff, 0xfe, 0x00, 0x01]));
  });

  it('tells a tombstone, with and without a key', async () => {
    await send({ key: 'order-1', value: null });
    await send({ value: null });
    assert.deepEqual(
      telemetry.spans().map(span => span.attributes['messaging.kafka.message.tombstone']),
      [true, true],
    );
  });

  it('tells several topics in one call as one span that names none of them', async () => {
    const other = await kafka.topic();
    const result = await producer.sendBatch({
      topicMessages: [
        { topic, messages: [{ value: '1' }, { value: '2' }] },
        { topic: other, messages: [{ value: '3' }] },
      ],
    });
    assert.deepEqual(result.map(({ topicName }) => topicName).sort(), [topic, other].sort());
    const span = telemetry.span('send');
    assert.equal(span.attributes['messaging.destination.name'], undefined);
    assert.equal(span.attributes['messaging.batch.message_count'], 3);
    assert.equal(span.attributes['messaging.destination.partition.id'], undefined);
    const [record] = await kafka.wire(other);
    assert.equal(header(record, 'traceparent'), traceparent(span.spanContext()));
    const [sent] = await telemetry.metric('messaging.client.sent.messages');
    assert.equal(sent.value, 3);
  });

  it('tells where the records of one call went, an event a partition and at most 32', async () => {
    const wide = await kafka.topic(40);
    const messages = Array.from({ length: 40 }, (_, partition) => ({ partition, value: 'x' }));
    const results = await producer.send({ topic: wide, messages: messages.slice(0, 2) });
    await producer.send({ topic: wide, messages });
    const [few, many] = telemetry.spans();
    assert.deepEqual(
      few.events.map(event => [event.name, event.attributes]),
      results.map(({ partition, baseOffset }) => [
        'messaging.kafka.records_appended',
        {
          'messaging.destination.name': wide,
          'messaging.destination.partition.id': String(partition),
          'messaging.kafka.offset': Number(baseOffset),
        },
      ]),
    );
    assert.deepEqual(results.map(({ partition }) => partition).sort(), [0, 1]);
    assert.equal(many.events.length, 32);
    assert.equal(many.attributes['messaging.destination.partition.id'], undefined);
  });

  it('names the topic of a sendBatch that has one', async () => {
    const one = { topic, messages: [{ value: '1' }] };
    await producer.sendBatch({ topicMessages: [one, one] });
    assert.equal(telemetry.span(`send ${topic}`).attributes['messaging.batch.message_count'], 2);
  });

  it('fails with the error as status, error.type and exception, and hands out the same error', async () => {
    const failing = kafka.client.producer({ createPartitioner: () => () => assert.fail(failure) });
    const failure = Object.assign(new Error('no partition'), { type: 'NO_PARTITION' });
    await failing.connect();
    await assert.rejects(failing.send({ topic, messages: [{ value: 'x' }] }), error => error === failure);
    await failing.disconnect();
    const span = telemetry.span(`send ${topic}`);
    assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: 'no partition' });
    assert.equal(span.attributes['error.type'], 'NO_PARTITION');
    assert.equal(span.attributes['server.address'], undefined);
    const [event] = span.events;
    assert.equal(event.name, 'exception');
    assert.equal(event.attributes?.['exception.message'], 'no partition');
    const [duration] = await telemetry.metric('messaging.client.operation.duration');
    assert.equal(duration.attributes['error.type'], 'NO_PARTITION');
  });

  it('gives an ignored or suppressed send nothing, and takes nothing from it', async () => {
    const { suppressTracing } = await import('@opentelemetry/core');
    await context.with(suppressTracing(context.active()), () => send({ value: 'telemetry' }));
    assert.deepEqual(telemetry.spans(), []);
    assert.deepEqual(await telemetry.metric('messaging.client.sent.messages'), []);
    const [record] = await kafka.wire(topic);
    assert.equal(header(record, 'traceparent'), undefined);
  });

  it('tells the sends of an idempotent producer', async () => {
    const idempotent = await kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await Promise.all([1, 2, 3].map(n => idempotent.send({ topic, messages: [{ value: String(n) }] })));
    assert.equal(telemetry.spans().length, 3);
    const records = await kafka.wire(topic, 3);
    assert.equal(new Set(records.map(record => header(record, 'traceparent'))).size, 3);
  });

  it('tells a send without acknowledgement without an offset', async () => {
    await producer.send({ topic, acks: 0, messages: [{ value: 'x' }] });
    const span = telemetry.span(`send ${topic}`);
    assert.equal(span.attributes['messaging.kafka.offset'], undefined);
    assert.equal(span.attributes['messaging.client.id'], 'shop');
  });
});
