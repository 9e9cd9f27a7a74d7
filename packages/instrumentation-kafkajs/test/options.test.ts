import * as assert from 'node:assert/strict';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Message, Producer } from 'kafkajs';
import { KafkaJsInstrumentation, type KafkaJsInstrumentationConfig } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import { header, itSince, traceparent, USER_SPAN_ID, USER_TRACE_ID, USER_TRACEPARENT, withKafka } from './kafka';

describe('kafkajs options', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  let topic: string;
  let producer: Producer;

  beforeEach(async () => {
    topic = await kafka.topic();
    producer = await kafka.producer();
  });
  afterEach(() => instrumentation.setConfig({}));

  /** Sends and consumes with a configuration; the send span and the process spans. */
  async function exchange(config: KafkaJsInstrumentationConfig, messages: Message[] = [{ value: 'paid' }]) {
    instrumentation.setConfig(config);
    await producer.send({ topic, messages });
    await consume(messages.length);
    const spans = telemetry.spans();
    const named = (name: string) => spans.filter(span => span.name === `${name} ${topic}`);
    return { spans, sent: named('send')[0], processed: named('process') };
  }

  async function consume(count: number) {
    let open = count;
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async () => void (--open === 0 && resolve());
      kafka.consume(topic, { eachMessage }).catch(reject);
    });
  }

  it('ignoreDestinations: no span, no metric, no context on the wire', async () => {
    const { spans } = await exchange({ ignoreDestinations: ['orders-*'] });
    assert.deepEqual(spans, []);
    const points = await telemetry.metricPoints();
    assert.deepEqual(new Set(points.map(point => point.name)), new Set(['messaging.client.events']));
    assert.deepEqual((await kafka.wire(topic))[0].headers, {});
  });

  it('ignoreDestinations: leaves an ignored topic out of a sendBatch, and traces the others', async () => {
    const other = await kafka.topic();
    instrumentation.setConfig({ ignoreDestinations: [new RegExp(`^${topic}$`)] });
    const messages = [{ value: 'x' }];
    await producer.sendBatch({
      topicMessages: [
        { topic, messages },
        { topic: other, messages },
      ],
    });
    const { attributes, events } = telemetry.span(`send ${other}`);
    assert.equal(attributes['messaging.batch.message_count'], 1);
    assert.equal(attributes['messaging.destination.partition.id'], '0');
    assert.equal(attributes['messaging.kafka.offset'], 0);
    assert.deepEqual(events, []);
    assert.equal(header((await kafka.wire(topic))[0], 'traceparent'), undefined);
    assert.ok(header((await kafka.wire(other))[0], 'traceparent'));
  });

  it('producerPropagation off: a CLIENT span, and nothing on the wire', async () => {
    const { sent, processed } = await exchange({ producerPropagation: false });
    assert.equal(sent.kind, SpanKind.CLIENT);
    assert.equal(processed[0].parentSpanContext, undefined);
    assert.deepEqual((await kafka.wire(topic))[0].headers, {});
  });

  it("producerSpans 'message': a create span a message, each with its own context, linked from the send span", async () => {
    const { spans, sent, processed } = await exchange({ producerSpans: 'message' }, [
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ]);
    const creates = spans.filter(span => span.name === `create ${topic}`);
    assert.deepEqual(
      creates.map(span => [span.kind, span.attributes['messaging.kafka.message.key']]),
      [
        [SpanKind.PRODUCER, 'a'],
        [SpanKind.PRODUCER, 'b'],
      ],
    );
    const ids = creates.map(span => span.spanContext().spanId);
    assert.equal(sent.kind, SpanKind.CLIENT);
    assert.deepEqual(
      sent.links.map(link => link.context.spanId),
      ids,
    );
    assert.deepEqual(
      processed.map(span => span.parentSpanContext?.spanId),
      ids,
    );
    const records = await kafka.wire(topic, 2);
    assert.deepEqual(
      records.map(record => header(record, 'traceparent')),
      creates.map(span => traceparent(span.spanContext())),
    );
    const [count] = await telemetry.metric('messaging.client.sent.messages');
    assert.equal(count.value, 2);
  });

  it("producerSpans 'message': tells of each message its topic, and where the broker put it", async () => {
    const other = await kafka.topic(2);
    instrumentation.setConfig({ producerSpans: 'message' });
    await producer.send({ topic, messages: [{ value: 'before' }] });
    const messages = [1, 0, 1].map(partition => ({ partition, key: `other-${partition}`, value: 'x' }));
    await producer.sendBatch({
      topicMessages: [
        { topic, messages: [{ key: 'a', value: '1' }] },
        { topic: other, messages },
      ],
    });
    const spans = telemetry.spans().slice(2);
    assert.deepEqual(
      spans.map(({ name, attributes }) => [
        name,
        attributes['messaging.destination.partition.id'],
        attributes['messaging.kafka.offset'],
      ]),
      [
        [`create ${topic}`, '0', 1],
        [`create ${other}`, '1', 0],
        [`create ${other}`, '0', 0],
        [`create ${other}`, '1', 1],
        ['send', undefined, undefined],
      ],
    );
    assert.deepEqual(spans.at(-1)!.events, []);
    const records = await kafka.wire(other, 3);
    const carried = records.map(record => [record.key?.toString(), record.offset, header(record, 'traceparent')]);
    assert.deepEqual(
      carried.sort(),
      [spans[2], spans[1], spans[3]].map(span => [
        span.attributes['messaging.kafka.message.key'],
        String(span.attributes['messaging.kafka.offset']),
        traceparent(span.spanContext()),
      ]),
    );
  });

  it("producerSpans 'message': a send that fails ends the spans of its messages, which did not", async () => {
    instrumentation.setConfig({ producerSpans: 'message' });
    const failing = await kafka.producer({
      createPartitioner: () => () => {
        throw new Error('no partition');
      },
    });
    await assert.rejects(failing.send({ topic, messages: [{ value: '1' }, { value: '2' }] }));
    const statuses = telemetry.spans().map(span => [span.name, span.status.code]);
    const unset = [`create ${topic}`, SpanStatusCode.UNSET];
    assert.deepEqual(statuses, [unset, unset, [`send ${topic}`, SpanStatusCode.ERROR]]);
  });

  for (const [trust, isParent, isLinked] of [
    ['parent', true, true],
    ['link', false, true],
    ['ignore', false, false],
  ] as const) {
    it(`trustIncomingContext '${trust}'`, async () => {
      instrumentation.setConfig({ trustIncomingContext: { 'orders-*': trust } });
      await kafka.seed(topic, [{ value: 'x', headers: { traceparent: USER_TRACEPARENT } }]);
      await consume(1);
      const span = telemetry.span(`process ${topic}`);
      assert.equal(span.spanContext().traceId === USER_TRACE_ID, isParent);
      assert.deepEqual(
        span.links.map(link => link.context.spanId),
        isLinked ? [USER_SPAN_ID] : [],
      );
    });
  }

  itSince('2.0', 'headersIncluded: records those headers on both sides, and no other', async () => {
    const headers = { 'x-tenant': 'acme', 'x-token': 'secret', other: 'x', 'x-path': ['a', 'b'] };
    const { sent, processed } = await exchange({ headersIncluded: ['x-*'], headersExcluded: ['*token'] }, [
      { value: 'paid', headers },
    ]);
    for (const span of [sent, processed[0]]) {
      const captured = Object.entries(span.attributes).filter(([name]) => name.startsWith('messaging.header.'));
      assert.deepEqual(Object.fromEntries(captured), {
        'messaging.header.x-tenant': 'acme',
        'messaging.header.x-path': ['a', 'b'],
      });
    }
  });

  it('messageKey off: no key on any span', async () => {
    const { sent, processed } = await exchange({ messageKey: false }, [{ key: 'alice@example.com', value: 'x' }]);
    for (const span of [sent, processed[0]]) assert.equal(span.attributes['messaging.kafka.message.key'], undefined);
  });

  it('bodySize: the size in bytes, on both sides', async () => {
    const { sent, processed } = await exchange({ bodySize: true }, [{ value: 'ü' }]);
    for (const span of [sent, processed[0]]) assert.equal(span.attributes['messaging.message.body.size'], 2);
  });

  it('metrics off: spans and no metric', async () => {
    const { spans } = await exchange({ metrics: false });
    assert.equal(spans.length, 2);
    assert.deepEqual(await telemetry.metricPoints(), []);
  });

  it("semconv '1.45': the renamed attributes only", async () => {
    const { processed } = await exchange({ semconv: ['1.45'] }, [{ key: 'a', value: null }]);
    const { attributes } = processed[0];
    assert.equal(attributes['messaging.system.name'], 'kafka');
    assert.equal(attributes['kafka.offset'], 0);
    assert.equal(attributes['kafka.message.key'], 'a');
    assert.equal(attributes['kafka.message.tombstone'], true);
    assert.deepEqual(
      Object.keys(attributes).filter(name => name === 'messaging.system' || name.startsWith('messaging.kafka')),
      [],
    );
  });

  it("semconv 'legacy': what was emitted before 1.17, metrics too", async () => {
    const { sent, processed } = await exchange({ semconv: ['legacy'] });
    assert.equal(sent.attributes['messaging.destination'], topic);
    assert.equal(sent.attributes['messaging.destination_kind'], 'topic');
    assert.equal(processed[0].attributes['messaging.kafka.partition'], 0);
    assert.match(String(processed[0].attributes['messaging.kafka.consumer_group']), /^billing-/);
    assert.equal(processed[0].attributes['messaging.operation.name'], undefined);
    const points = await telemetry.metricPoints();
    const names = points.map(point => point.name);
    assert.ok(names.includes('messaging.messages') && names.includes('messaging.processing_time'));
    const current = /^messaging\.(client\.(operation\.duration|(sent|consumed)\.messages)|process\.duration)$/;
    assert.deepEqual(
      names.filter(name => current.test(name)),
      [],
    );
  });

  it('semconv with several: all names at once, for a migration', async () => {
    const { processed } = await exchange({ semconv: ['1.45', '1.44', 'legacy'] });
    const { attributes } = processed[0];
    assert.equal(attributes['messaging.system.name'], 'kafka');
    assert.equal(attributes['messaging.system'], 'kafka');
    assert.equal(attributes['messaging.destination'], topic);
    assert.equal(attributes['messaging.destination.name'], topic);
    assert.equal(attributes['kafka.offset'], 0);
    assert.equal(attributes['messaging.kafka.offset'], 0);
  });

  it('hooks see the span, and what they throw stays here', async () => {
    const seen: string[] = [];
    const failing = (name: string) => (span: { setAttribute(key: string, value: string): unknown }) => {
      seen.push(name);
      span.setAttribute('app.hook', name);
      throw new Error('a hook that fails');
    };
    const { sent, processed } = await exchange({ sendHook: failing('send'), processHook: failing('process') });
    assert.deepEqual(seen, ['send', 'process']);
    assert.equal(sent.attributes['app.hook'], 'send');
    assert.equal(processed[0].attributes['app.hook'], 'process');
  });

  it("settleSpans 'none': a commit without a span", async () => {
    instrumentation.setConfig({ settleSpans: 'none' });
    const consumer = await kafka.consume(topic, { eachMessage: async () => {} });
    await consumer.commitOffsets([{ topic, partition: 0, offset: '0' }]);
    assert.deepEqual(telemetry.spans(), []);
  });
});
