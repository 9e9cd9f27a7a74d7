import * as assert from 'node:assert/strict';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { ConsumerCrashEvent, EachMessagePayload, Producer } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import { consuming } from './consuming';
import {
  causeOf,
  consumerConfig,
  header,
  itSince,
  traceparent,
  USER_SPAN_ID,
  USER_TRACE_ID,
  USER_TRACEPARENT,
  withKafka,
} from './kafka';

const tracer = trace.getTracer('test');
const LOST = new Error('the card was refused');

describe('kafkajs eachMessage', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  const { eachMessage } = consuming(kafka);
  let topic: string;
  let producer: Producer;

  beforeEach(async () => {
    topic = await kafka.topic();
    producer = await kafka.producer();
  });
  afterEach(() => instrumentation.setConfig({}));

  const consume = (handler: (payload: EachMessagePayload) => unknown, count?: number) =>
    eachMessage(topic, handler, count);

  it('tells a process span with all that the record says, child of the send span and linked to it', async () => {
    const sentAt = Date.now();
    await producer.send({ topic, messages: [{ key: 'order-1', value: 'paid' }] });
    const groupId = `billing-${topic}`;
    let active: unknown;
    await kafka.consume(topic, { eachMessage: async () => void (active = trace.getActiveSpan()) }, { groupId });
    await telemetry.waitForSpans(2);
    const sent = telemetry.span(`send ${topic}`).spanContext();
    const span = telemetry.span(`process ${topic}`);
    assert.equal(active, span);
    assert.equal(span.kind, SpanKind.CONSUMER);
    assert.equal(span.status.code, SpanStatusCode.UNSET);
    assert.equal(span.parentSpanContext?.spanId, sent.spanId);
    assert.deepEqual(
      span.links.map(link => [link.context.spanId, link.attributes]),
      [[sent.spanId, { 'link.type': 'creation' }]],
    );
    const { 'messaging.queue_time_ms': queueTimeMs, ...attributes } = span.attributes;
    assert.deepEqual(attributes, {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': '0',
      'messaging.consumer.group.name': groupId,
      'messaging.client.id': 'shop',
      'messaging.kafka.cluster.id': await kafka.clusterId(),
      'messaging.kafka.message.key': 'order-1',
      'messaging.kafka.offset': 0,
    });
    assert.ok(Number(queueTimeMs) >= 0 && Number(queueTimeMs) <= Date.now() - sentAt);
  });

  it('counts each delivery once and times each handler', async () => {
    await producer.send({ topic, messages: [{ value: '1' }, { value: '2' }, { value: '3' }] });
    await consume(async () => {}, 3);
    const [consumed] = await telemetry.metric('messaging.client.consumed.messages');
    assert.equal(consumed.value, 3);
    assert.equal(consumed.attributes['messaging.destination.name'], topic);
    assert.match(String(consumed.attributes['messaging.consumer.group.name']), /^billing-/);
    const [duration] = await telemetry.metric('messaging.process.duration');
    assert.equal(duration.count, 3);
    const [queueTime] = await telemetry.metric('messaging.queue_time');
    assert.equal(queueTime.count, 3);
  });

  for (const consumerParent of ['message', 'ambient'] as const) {
    it(`gives the baggage to the handler with consumerParent '${consumerParent}'`, async () => {
      instrumentation.setConfig({ consumerParent });
      await kafka.seed(topic, [{ value: 'x', headers: { traceparent: USER_TRACEPARENT, baggage: 'tenant=acme' } }]);
      let tenant;
      const [span] = await consume(async () => {
        await Promise.resolve();
        tenant = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
      });
      assert.equal(tenant, 'acme');
      const isParent = consumerParent === 'message';
      assert.equal(span.parentSpanContext?.spanId, isParent ? USER_SPAN_ID : undefined);
      assert.equal(span.spanContext().traceId === USER_TRACE_ID, isParent);
      assert.deepEqual(
        span.links.map(link => link.context.spanId),
        [USER_SPAN_ID],
      );
    });
  }

  it('makes each message of one call the child of what it carries', async () => {
    const headers = { source: 'web' };
    await producer.send({ topic, messages: [{ value: '1', headers }] });
    await producer.send({ topic, messages: [{ value: '2', headers }] });
    const processed = await consume(async () => {}, 2);
    const sent = telemetry.spans().filter(span => span.name === `send ${topic}`);
    assert.deepEqual(
      processed.map(span => span.parentSpanContext?.spanId),
      sent.map(span => span.spanContext().spanId),
    );
  });

  it('takes a frozen run configuration, and leaves a shared one as it is', async () => {
    const eachMessage = async () => {};
    const config = Object.freeze({ eachMessage });
    await producer.send({ topic, messages: [{ value: 'x' }] });
    await kafka.consume(topic, config);
    await kafka.consume(topic, config);
    await telemetry.waitForSpans(3);
    assert.equal(config.eachMessage, eachMessage);
    assert.equal(telemetry.spans().filter(span => span.name === `process ${topic}`).length, 2);
  });

  it('ends the span of a handler that throws synchronously', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    let attempts = 0;
    const [failed, retried] = await consume(() => {
      if (++attempts === 1) throw LOST;
    }, 2);
    assert.equal(failed.status.code, SpanStatusCode.ERROR);
    assert.equal(failed.events[0].attributes?.['exception.message'], LOST.message);
    assert.equal(retried.status.code, SpanStatusCode.UNSET);
    const durations = await telemetry.metric('messaging.process.duration');
    assert.deepEqual(
      durations.map(({ count, attributes }) => [count, attributes['error.type']]).sort(),
      [
        [1, 'Error'],
        [1, undefined],
      ].sort(),
    );
  });

  it('tells a rejection as status, error.type and exception, and hands the same error to the library', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    const retry = { retries: 0, restartOnFailure: async () => false };
    const consumer = kafka.client.consumer(consumerConfig({ retry }));
    const crash = new Promise<ConsumerCrashEvent>(resolve => consumer.on('consumer.crash', resolve));
    await kafka.subscribed(consumer, topic, { eachMessage: () => Promise.reject(LOST) });
    const { error } = (await crash).payload;
    const span = telemetry.span(`process ${topic}`);
    assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: LOST.message });
    assert.equal(span.attributes['error.type'], 'Error');
    assert.equal(span.events[0].name, 'exception');
    assert.equal(causeOf(error), LOST);
  });

  it('does not follow what was active when the consumer was started', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    await tracer.startActiveSpan('boot', async boot => {
      await kafka.consume(topic, { eachMessage: async () => {} });
      boot.end();
    });
    await telemetry.waitForSpans(2);
    const span = telemetry.span(`process ${topic}`);
    assert.equal(span.parentSpanContext, undefined);
    assert.deepEqual(span.links, []);
  });

  it('takes no telemetry from a consumer that was started where tracing is suppressed', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    const handled = new Promise<void>(resolve => {
      const run = { eachMessage: async () => resolve() };
      void context.with(suppressTracing(context.active()), () => kafka.consume(topic, run));
    });
    await handled;
    assert.deepEqual(telemetry.spans(), []);
    assert.deepEqual(await telemetry.metric('messaging.client.consumed.messages'), []);
  });

  it('makes a send in the handler its child, and replaces forwarded headers by the new context', async () => {
    await kafka.seed(topic, [{ value: 'x', headers: { traceparent: USER_TRACEPARENT } }]);
    const retries = await kafka.topic();
    const [span] = await consume(async ({ message }) => {
      await producer.send({ topic: retries, messages: [{ value: message.value, headers: message.headers }] });
    });
    const sent = telemetry.span(`send ${retries}`);
    assert.equal(sent.parentSpanContext?.spanId, span.spanContext().spanId);
    assert.deepEqual(
      sent.links.map(link => link.context.spanId),
      [USER_SPAN_ID],
    );
    const [record] = await kafka.wire(retries);
    assert.equal(header(record, 'traceparent'), traceparent(sent.spanContext()));
  });

  it('links a send in the handler to the message where that is not its trace', async () => {
    instrumentation.setConfig({ consumerParent: 'ambient' });
    await kafka.seed(topic, [{ value: 'x', headers: { traceparent: USER_TRACEPARENT } }]);
    const invoices = await kafka.topic();
    await consume(async () => void (await producer.send({ topic: invoices, messages: [{ value: 'x' }] })));
    const [link] = telemetry.span(`send ${invoices}`).links;
    assert.deepEqual([link.context.spanId, link.attributes], [USER_SPAN_ID, { 'link.type': 'fan-out-source' }]);
  });

  it('says nothing of the broker that a send of an ignored topic used', async () => {
    const ignored = await kafka.topic();
    instrumentation.setConfig({ ignoreDestinations: [ignored] });
    await kafka.seed(topic, [{ value: 'x' }]);
    const [span] = await consume(
      async () => void (await producer.send({ topic: ignored, messages: [{ value: 'x' }] })),
    );
    assert.equal(span.attributes['server.address'], undefined);
    assert.equal(telemetry.spans().length, 1);
  });

  it('tells an explicit commit as a settle span, in the handler its child', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    const consumer = kafka.client.consumer(consumerConfig());
    await kafka.subscribed(consumer, topic, {
      autoCommit: false,
      eachMessage: () => consumer.commitOffsets([{ topic, partition: 0, offset: '1' }]),
    });
    await telemetry.waitForSpans(2);
    const span = telemetry.span(`commit ${topic}`);
    assert.equal(span.kind, SpanKind.CLIENT);
    assert.equal(span.attributes['messaging.operation.type'], 'settle');
    const parent = telemetry.span(`process ${topic}`).spanContext();
    assert.equal(span.parentSpanContext?.spanId, parent.spanId);
    const groupId = String(span.attributes['messaging.consumer.group.name']);
    const [{ partitions }] = await kafka.withAdmin(admin => admin.fetchOffsets({ groupId, topics: [topic] }));
    assert.equal(partitions[0].offset, '1');
  });

  it('tells a commit that the library refuses as a failed one', async () => {
    const consumer = await kafka.consume(topic, { eachMessage: async () => {} });
    const wrong = [{ topic, partition: 0, offset: '-7' }];
    await assert.rejects(consumer.commitOffsets(wrong), /Offset must not be a negative number/);
    assert.equal(telemetry.span(`commit ${topic}`).attributes['error.type'], 'KafkaJSNonRetriableError');
  });

  itSince('2.1', 'lets a handler pause, seek and beat as without instrumentation', async () => {
    await kafka.seed(topic, [{ value: '1' }, { value: '2' }]);
    const offsets: string[] = [];
    const consumer = await kafka.consume(topic, {
      eachMessage: async ({ message, heartbeat, pause }) => {
        await heartbeat();
        if (offsets.push(message.offset) === 2) consumer.seek({ topic, partition: 0, offset: '0' });
        if (offsets.length === 3) setImmediate(pause());
      },
    });
    await telemetry.waitForSpans(4);
    assert.deepEqual(offsets.slice(0, 4), ['0', '1', '0', '1']);
  });
});
