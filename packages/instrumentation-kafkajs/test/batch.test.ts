import * as assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { context, SpanKind, trace } from '@opentelemetry/api';
import type { Message, Producer } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import { consuming, messages, spanIdOf, type BatchHandler } from './consuming';
import { USER_SPAN_ID, USER_TRACEPARENT, withKafka } from './kafka';

describe('kafkajs eachBatch', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  const { eachBatch } = consuming(kafka);
  let topic: string;
  let producer: Producer;

  beforeEach(async () => {
    topic = await kafka.topic();
    producer = await kafka.producer();
  });
  afterEach(() => instrumentation.setConfig({}));

  const consume = (sent: Message[], handler: BatchHandler) => eachBatch(topic, sent, handler);

  it('tells a batch as one active span that links each creation context, with what the message says', async () => {
    let active: unknown;
    const { batch, each } = await consume(messages(3), () => void (active = trace.getActiveSpan()));
    assert.equal(active, batch);
    assert.deepEqual(each, []);
    assert.equal(batch.kind, SpanKind.CONSUMER);
    assert.equal(batch.parentSpanContext, undefined);
    assert.equal(batch.attributes['messaging.batch.message_count'], 3);
    assert.equal(batch.attributes['messaging.client.id'], 'shop');
    assert.equal(batch.attributes['messaging.destination.partition.id'], '0');
    assert.equal(batch.attributes['messaging.kafka.offset'], undefined);
    assert.deepEqual(
      batch.links.map(({ context, attributes }) => [
        context.spanId,
        attributes?.['link.type'],
        attributes?.['messaging.kafka.offset'],
        attributes?.['messaging.kafka.message.key'],
      ]),
      [1, 2, 3].map(n => [spanIdOf(n), 'creation', n - 1, String(n)]),
    );
  });

  it('gives 1,000 messages of one send one span and one link, which counts them', async () => {
    await producer.send({ topic, messages: Array.from({ length: 1000 }, () => ({ value: 'x' })) });
    await kafka.consume(topic, { eachBatch: async () => {} });
    await telemetry.waitForSpans(2);
    const [sent, batch] = telemetry.spans();
    assert.equal(batch.attributes['messaging.batch.message_count'], 1000);
    assert.deepEqual(
      batch.links.map(link => [link.context.spanId, link.attributes?.['messaging.batch.message_count']]),
      [[sent.spanContext().spanId, 1000]],
    );
    const [consumed] = await telemetry.metric('messaging.client.consumed.messages');
    assert.equal(consumed.value, 1000);
  });

  it('gives a batch of one no message parent', async () => {
    const { batch } = await consume(messages(1), () => {});
    assert.equal(batch.parentSpanContext, undefined);
    assert.equal(batch.attributes['messaging.batch.message_count'], 1);
    assert.equal(batch.links[0].attributes?.['messaging.kafka.offset'], 0);
  });

  it('counts the links that did not fit into the span', async () => {
    instrumentation.setConfig({ maxLinks: 10 });
    const { batch } = await consume(messages(100), () => {});
    assert.equal(batch.links.length, 10);
    assert.equal(batch.attributes['messaging.batch.dropped_link_count'], 90);
  });

  it('leads a send in the handler back to the one context that all its messages share', async () => {
    const invoices = await kafka.topic();
    const headers = { traceparent: USER_TRACEPARENT };
    const sent = [
      { value: '1', headers },
      { value: '2', headers },
    ];
    const { batch } = await consume(sent, async () => {
      await producer.send({ topic: invoices, messages: [{ value: 'x' }] });
    });
    const span = telemetry.span(`send ${invoices}`);
    assert.equal(span.parentSpanContext?.spanId, batch.spanContext().spanId);
    assert.deepEqual(
      span.links.map(link => [link.context.spanId, link.attributes?.['link.type']]),
      [[USER_SPAN_ID, 'fan-out-source']],
    );
  });
  it('hands out a batch that is the library’s own in all but its messages', async () => {
    await consume(messages(2), async (batch, { resolveOffset, heartbeat, isRunning, isStale, uncommittedOffsets }) => {
      assert.equal(batch.constructor.name, 'Batch');
      assert.ok(Array.isArray(batch.messages));
      assert.deepEqual(Object.keys(batch.messages), ['0', '1']);
      assert.deepEqual([batch.firstOffset(), batch.lastOffset(), batch.highWatermark], ['0', '1', '2']);
      assert.deepEqual([batch.isEmpty(), batch.offsetLag()], [false, '0']);
      resolveOffset('1');
      await heartbeat();
      assert.equal(uncommittedOffsets().topics[0].partitions[0].offset, '2');
      assert.deepEqual([isRunning(), isStale()], [true, false]);
    }).then(({ batch }) => assert.equal(batch.status.message, undefined));
  });

  it('tells how far behind the batch is, from its first message on', async () => {
    const { batch, each } = await consume(messages(3), async one => {
      for (const message of one.messages) await setImmediate(message);
    });
    assert.equal(batch.attributes['messaging.kafka.consumer.lag'], 3);
    assert.deepEqual(
      each.map(span => span.attributes['messaging.kafka.consumer.lag']),
      [undefined, undefined, undefined],
    );
  });

  for (const loopSpans of [true, false]) {
    it(`tells offsets that the handler commits itself as a settle span, with loopSpans ${loopSpans}`, async () => {
      instrumentation.setConfig({ loopSpans });
      const { batch } = await consume(messages(2), async (_, { commitOffsetsIfNecessary, resolveOffset }) => {
        resolveOffset('0');
        await commitOffsetsIfNecessary();
        await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition: 0, offset: '2' }] }] });
      });
      const span = telemetry.span(`commit ${topic}`);
      assert.equal(span.attributes['messaging.operation.type'], 'settle');
      assert.equal(span.parentSpanContext?.spanId, batch.spanContext().spanId);
      const groupId = String(span.attributes['messaging.consumer.group.name']);
      const [{ partitions }] = await kafka.withAdmin(admin => admin.fetchOffsets({ groupId, topics: [topic] }));
      assert.equal(partitions[0].offset, '2');
    });
  }

  it('takes nothing from the batch where tracing is off for its topic', async () => {
    instrumentation.setConfig({ ignoreDestinations: [topic] });
    await kafka.seed(topic, messages(2));
    const active = await new Promise(resolve => {
      void kafka.consume(topic, {
        eachBatch: async ({ batch }) => {
          for (const message of batch.messages) await setImmediate(message);
          resolve(trace.getSpan(context.active()));
        },
      });
    });
    assert.equal(active, undefined);
    assert.deepEqual(telemetry.spans(), []);
  });
});
