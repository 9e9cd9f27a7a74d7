import * as assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { context, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { ConsumerCrashEvent, Producer, ProducerBatch } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import { consuming, traceparentOf } from './consuming';
import { causeOf, consumerConfig, header, USER_SPAN_ID, USER_TRACEPARENT, withKafka } from './kafka';

/* What was read in the source of vendors' instrumentations, which are not run here: a test each, with their names. */

const LOST = new Error('the card was refused');

describe('defects of vendors’ instrumentations of kafkajs', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  const { resultOfMessage, resultOfBatch } = consuming(kafka);
  let topic: string;
  let producer: Producer;

  beforeEach(async () => {
    topic = await kafka.topic();
    producer = await kafka.producer();
  });

  it('New Relic: a handler is awaited, and its rejection reaches the library', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    const retry = { retries: 0, restartOnFailure: async () => false };
    const consumer = kafka.client.consumer(consumerConfig({ retry }));
    const crash = new Promise<ConsumerCrashEvent>(resolve => consumer.on('consumer.crash', resolve));
    await kafka.subscribed(consumer, topic, { eachMessage: () => setImmediate().then(() => Promise.reject(LOST)) });
    assert.equal(causeOf((await crash).payload.error), LOST);
  });

  it('New Relic: sendBatch without messages gives what the library gives', async () => {
    assert.deepEqual(await producer.sendBatch({ topicMessages: [] }), []);
    assert.deepEqual(await producer.sendBatch({}), []);
    assert.deepEqual(telemetry.spans(), []);
  });

  it('New Relic, Instana: the context of one message is not that of its whole batch', async () => {
    const contexts = [1, 2].map(traceparentOf);
    await kafka.seed(
      topic,
      contexts.map(one => ({ value: 'x', headers: { traceparent: one } })),
    );
    const traces = await resultOfBatch(topic, async ({ batch }) => {
      const seen: unknown[] = [];
      for (const message of batch.messages) {
        await setImmediate(message);
        seen.push(trace.getActiveSpan()?.spanContext().traceId);
      }
      return seen;
    });
    assert.deepEqual(
      traces,
      contexts.map(one => one.split('-')[1]),
    );
  });

  it('Instana: sendBatch without topics gives what the library gives where tracing is suppressed', async () => {
    const suppressed = <T>(fn: () => T) => context.with(suppressTracing(context.active()), fn);
    assert.deepEqual(await suppressed(() => producer.sendBatch({})), []);
    await assert.rejects(suppressed(() => (producer.sendBatch as (batch?: ProducerBatch) => Promise<unknown>)()));
  });

  it('Instana: the app sees the headers that carry the context', async () => {
    await producer.send({ topic, messages: [{ value: 'x' }] });
    const seen = await resultOfMessage(topic, ({ message }) => header(message, 'traceparent'));
    const [record] = await kafka.wire(topic);
    assert.equal(seen, header(record, 'traceparent'));
  });

  it('Instana: the span of a handler ends with its promise, not after its first tick', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    const isRecording = await resultOfMessage(topic, async () => {
      for (let tick = 0; tick < 5; tick++) await setImmediate();
      return trace.getActiveSpan()?.isRecording();
    });
    assert.equal(isRecording, true);
  });

  it('Instana: a message is traced though a span was active where its consumer was started', async () => {
    await kafka.seed(topic, [{ value: 'x', headers: { traceparent: USER_TRACEPARENT } }]);
    await trace.getTracer('test').startActiveSpan('boot', async boot => {
      await resultOfMessage(topic, () => true);
      boot.end();
    });
    const spans = await telemetry.waitForSpans(2);
    assert.ok(spans.some(span => span.parentSpanContext?.spanId === USER_SPAN_ID));
  });

  it('New Relic, Elastic, Instana: a message that is sent again has one context, that of its send', async () => {
    const message = { value: 'paid', headers: { source: 'web' } };
    await producer.send({ topic, messages: [message] });
    await producer.send({ topic, messages: [message] });
    const [first, second] = (await kafka.wire(topic, 2)).map(record => record.headers?.traceparent);
    assert.ok(Buffer.isBuffer(first) && Buffer.isBuffer(second));
    assert.notDeepEqual(first, second);
  });
});
