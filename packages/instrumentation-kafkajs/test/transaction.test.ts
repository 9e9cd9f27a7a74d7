import * as assert from 'node:assert/strict';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Producer } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { header, traceparent, withKafka } from './kafka';

const tracer = trace.getTracer('test');
const OUTCOME = 'messaging.kafka.transaction.outcome';

describe('kafkajs transaction', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  const messages = [{ value: 'paid' }];
  let topic: string;
  let producer: Producer;

  beforeEach(async () => {
    topic = await kafka.topic();
    const transactionalId = uniqueName('payments');
    producer = await kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  });

  it('is a span around its sends when it is committed', async () => {
    const other = await kafka.topic();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages });
    await transaction.sendBatch({ topicMessages: [{ topic: other, messages }] });
    await transaction.commit();
    const span = telemetry.span('transaction');
    assert.equal(span.kind, SpanKind.INTERNAL);
    assert.equal(span.status.code, SpanStatusCode.UNSET);
    assert.deepEqual(span.attributes, { 'messaging.client.id': 'shop', [OUTCOME]: 'committed' });
    for (const name of [topic, other]) {
      const sent = telemetry.span(`send ${name}`);
      assert.equal(sent.parentSpanContext?.spanId, span.spanContext().spanId);
      assert.equal(header((await kafka.wire(name))[0], 'traceparent'), traceparent(sent.spanContext()));
    }
  });

  it('ends when it is aborted', async () => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages });
    await transaction.abort();
    const span = telemetry.span('transaction');
    assert.equal(span.attributes[OUTCOME], 'aborted');
    assert.equal(span.status.code, SpanStatusCode.UNSET);
    await assert.rejects(transaction.send({ topic, messages }), /Cannot continue to use transaction once ended/);
  });

  it('ends when the producer disconnects', async () => {
    await producer.transaction();
    await producer.disconnect();
    assert.equal(telemetry.span('transaction').attributes[OUTCOME], 'abandoned');
  });

  it('ends with the error of a beginning that fails, and leaves an open one open', async () => {
    const transaction = await producer.transaction();
    await assert.rejects(producer.transaction(), /already an ongoing transaction/);
    const failed = telemetry.span('transaction');
    assert.equal(failed.status.code, SpanStatusCode.ERROR);
    assert.equal(failed.attributes['error.type'], 'KafkaJSNonRetriableError');
    await transaction.abort();
    assert.equal(telemetry.spans().length, 2);
  });

  it('ends with the library’s error where the producer can have none', async () => {
    const plain = await kafka.producer();
    await assert.rejects(plain.transaction(), /Must provide transactional id/);
    assert.equal(telemetry.span('transaction').events[0].name, 'exception');
  });

  it('does not come between a send and the app’s own span', async () => {
    const transaction = await producer.transaction();
    await tracer.startActiveSpan('charge', async charge => {
      await transaction.send({ topic, messages });
      charge.end();
    });
    await transaction.commit();
    const parent = telemetry.span('charge').spanContext();
    assert.equal(telemetry.span(`send ${topic}`).parentSpanContext?.spanId, parent.spanId);
  });

  it('begins a second one after the first', async () => {
    for (const value of ['1', '2']) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value }] });
      await transaction.commit();
    }
    const sent = telemetry.spans().filter(span => span.name === `send ${topic}`);
    const outer = telemetry.spans().filter(span => span.name === 'transaction');
    assert.deepEqual(
      sent.map(span => span.parentSpanContext?.spanId),
      outer.map(span => span.spanContext().spanId),
    );
  });

  it('tells sendOffsets as the settlement that it is', async () => {
    const consumerGroupId = uniqueName('billing');
    const transaction = await producer.transaction();
    await transaction.sendOffsets({
      consumerGroupId,
      topics: [{ topic, partitions: [{ partition: 0, offset: '0' }] }],
    });
    await transaction.commit();
    const span = telemetry.span(`commit ${topic}`);
    assert.equal(span.attributes['messaging.operation.type'], 'settle');
    assert.equal(span.attributes['messaging.consumer.group.name'], consumerGroupId);
    assert.equal(span.parentSpanContext?.spanId, telemetry.span('transaction').spanContext().spanId);
  });
});
