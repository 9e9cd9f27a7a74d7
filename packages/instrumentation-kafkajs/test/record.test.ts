import * as assert from 'node:assert/strict';
import type { EachMessagePayload, KafkaMessage } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { consuming } from './consuming';
import { itSince, USER_SPAN_ID, USER_TRACE_ID, USER_TRACEPARENT, withKafka } from './kafka';

const HOUR_MS = 3_600_000;

describe('a record that kafkajs has fetched', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  const { eachMessage } = consuming(kafka);
  let topic: string;

  beforeEach(async () => {
    topic = await kafka.topic();
  });
  afterEach(() => instrumentation.setConfig({}));

  const consume = (handler: (payload: EachMessagePayload) => unknown, count?: number) =>
    eachMessage(topic, handler, count);

  itSince('2.0', 'takes the last one of a repeated traceparent, and shows the app all of them', async () => {
    const other = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    await kafka.seed(topic, [{ value: 'x', headers: { traceparent: [other, USER_TRACEPARENT] } }]);
    let seen: KafkaMessage['headers'];
    const [span] = await consume(async ({ message }) => void (seen = message.headers));
    assert.equal(span.parentSpanContext?.spanId, USER_SPAN_ID);
    assert.deepEqual(seen, { traceparent: [Buffer.from(other), Buffer.from(USER_TRACEPARENT)] });
  });

  it('follows a context in bytes, in another case, of a later version and with other flags', async () => {
    const variants = [
      { traceparent: Buffer.from(USER_TRACEPARENT) },
      { Traceparent: USER_TRACEPARENT },
      { traceparent: `cc-${USER_TRACE_ID}-${USER_SPAN_ID}-01-extra` },
      { traceparent: USER_TRACEPARENT.replace(/01$/, '03') },
    ];
    await kafka.seed(
      topic,
      variants.map(headers => ({ value: 'x', headers })),
    );
    const spans = await consume(async () => {}, variants.length);
    assert.deepEqual(
      spans.map(span => span.parentSpanContext?.spanId),
      variants.map(() => USER_SPAN_ID),
    );
  });

  it('begins a trace where the message carries none, or no valid one', async () => {
    await kafka.seed(topic, [
      { value: 'x' },
      { value: 'x', headers: { traceparent: '' } },
      { value: 'x', headers: { traceparent: '00-nonsense' } },
      { value: 'x', headers: { traceparent: Buffer.from([0xff]), baggage: Buffer.from([0xff, 0x3d]) } },
    ]);
    const spans = await consume(async () => {}, 4);
    for (const span of spans) {
      assert.equal(span.parentSpanContext, undefined);
      assert.deepEqual(span.links, []);
    }
  });

  it('reads headers without a value, as clients of other languages write them, and shows them to the app', async () => {
    const { byteLength } = Buffer;
    // This library can only read them: it asks for the size of what it writes.
    Buffer.byteLength = (value, encoding) => (value === null ? 0 : byteLength(value, encoding));
    const none = null as unknown as string;
    try {
      await kafka.seed(topic, [{ value: 'x', headers: { traceparent: none, baggage: none, source: none } }]);
    } finally {
      Buffer.byteLength = byteLength;
    }
    let seen: KafkaMessage['headers'];
    instrumentation.setConfig({ headersIncluded: ['*'] });
    const [span] = await consume(async ({ message }) => void (seen = message.headers));
    assert.deepEqual(seen, { traceparent: null, baggage: null, source: null });
    assert.equal(span.parentSpanContext, undefined);
    assert.deepEqual(span.links, []);
  });

  it('takes the queue time from the time that the producer gave', async () => {
    await kafka.seed(topic, [{ value: 'x', timestamp: String(Date.now() - HOUR_MS) }]);
    const [span] = await consume(async () => {});
    assert.ok(Number(span.attributes['messaging.queue_time_ms']) >= HOUR_MS);
  });

  it('takes the queue time from the time of the broker where the topic says LogAppendTime', async function () {
    if (broker.embedded) {
      console.error('*** the embedded broker keeps the times of producers: SKIPPED, seen on a real one ***');
      this.skip();
    }
    topic = uniqueName('appended');
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
    await kafka.withAdmin(admin =>
      admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }], waitForLeaders: true }),
    );
    await kafka.seed(topic, [{ value: 'x', timestamp: String(Date.now() - HOUR_MS) }]);
    const [span] = await consume(async () => {});
    const queueTimeMs = Number(span.attributes['messaging.queue_time_ms']);
    assert.ok(queueTimeMs >= 0 && queueTimeMs < HOUR_MS, String(queueTimeMs));
  });

  it('records keys and tombstones as the producer does', async () => {
    await kafka.seed(topic, [
      { key: '', value: 'x' },
      { key: Buffer.from([0xff, 0xfe]), value: null },
      { value: null },
    ]);
    const spans = await consume(async () => {}, 3);
    assert.deepEqual(
      spans.map(({ attributes }) => [
        attributes['messaging.kafka.message.key'],
        attributes['messaging.kafka.message.tombstone'],
        attributes['messaging.kafka.offset'],
      ]),
      [
        ['', undefined, 0],
        [undefined, true, 1],
        [undefined, true, 2],
      ],
    );
  });
});
