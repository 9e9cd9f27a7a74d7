import * as assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Batch, EachBatchPayload, KafkaMessage, Message, Producer } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { processEach, processMessage } from '@queuetrace/messaging';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import { USER_SPAN_ID, USER_TRACEPARENT, withKafka } from './kafka';

const LOST = new Error('the card was refused');
const tracer = trace.getTracer('test');
const parentOf = (n: number) => String(n).padStart(16, '0');
const traceOf = (n: number) => String(n).padStart(32, '0');

/** Messages 1 to `count`, each with a creation context and a tenant of its own. */
const messages = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => ({
    key: String(index + 1),
    value: 'x',
    headers: {
      traceparent: `00-${traceOf(index + 1)}-${parentOf(index + 1)}-01`,
      baggage: `tenant=tenant-${index + 1}`,
    },
  }));

describe('kafkajs eachBatch', () => {
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

  /** Consumes one batch with `handler`; the spans of the batch and of its messages. */
  async function consume(sent: Message[], handler: (batch: Batch, payload: EachBatchPayload) => unknown) {
    await kafka.seed(topic, sent);
    let isOver = false;
    await kafka.consume(topic, {
      eachBatch: async payload => {
        if (isOver) return;
        assert.equal(payload.batch.messages.length, sent.length);
        isOver = true;
        await handler(payload.batch, payload);
      },
    });
    const isBatch = (span: { attributes: object }) => 'messaging.batch.message_count' in span.attributes;
    const spans = await telemetry.waitForSpans(all =>
      all.some(span => span.name === `process ${topic}` && isBatch(span)),
    );
    const ofTopic = spans.filter(span => span.name === `process ${topic}`);
    return { batch: ofTopic.find(isBatch)!, each: ofTopic.filter(span => !isBatch(span)) };
  }

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
      [1, 2, 3].map(n => [parentOf(n), 'creation', n - 1, String(n)]),
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

  type Handler = (message: KafkaMessage) => Promise<void>;
  const loops: Record<string, (batch: Batch, handle: Handler) => unknown> = {
    'for…of with awaits': async (batch, handle) => {
      for (const message of batch.messages) await handle(message);
    },
    'for…of without braces of its own': async ({ messages }, handle) => {
      for (const [index, message] of messages.entries()) await processMessage(message, handle).then(() => index);
    },
    'map and Promise.all': (batch, handle) => Promise.all(batch.messages.map(message => handle(message))),
    'forEach and a later wait': async (batch, handle) => {
      const open: Promise<void>[] = [];
      batch.messages.forEach(message => open.push(handle(message)));
      await Promise.all(open);
    },
    processMessage: async (batch, handle) => {
      for (let index = 0; index < batch.messages.length; index++) await processMessage(batch.messages[index], handle);
    },
  };

  for (const [name, loop] of Object.entries(loops)) {
    it(`gives each message its own active span: ${name}`, async () => {
      const seen: unknown[] = [];
      const handle: Handler = async message => {
        const before = trace.getActiveSpan();
        await setImmediate();
        const span = trace.getActiveSpan();
        assert.equal(span, before);
        const tenant = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
        seen.push([message.key?.toString(), span?.spanContext().spanId, tenant]);
      };
      let after: unknown;
      const { batch, each } = await consume(messages(3), async one => {
        await loop(one, handle);
        after = trace.getActiveSpan();
      });
      assert.equal(after, batch);
      assert.deepEqual(
        seen.map(one => JSON.stringify(one)).sort(),
        each.map(span => JSON.stringify(expectedOf(span))).sort(),
      );
      assert.equal(each.length, 3);
      for (const span of each) {
        const parent = parentOf(Number(span.attributes['messaging.kafka.message.key']));
        assert.equal(span.parentSpanContext?.spanId, parent);
        assert.deepEqual(
          span.links.map(link => link.context.spanId),
          [batch.spanContext().spanId, parent],
        );
      }
      const [consumed] = await telemetry.metric('messaging.client.consumed.messages');
      assert.equal(consumed.value, 3);
      const durations = await telemetry.metric('messaging.process.duration');
      assert.equal(durations.map(point => point.count).join(), '3');
    });
  }

  it('processEach: handles as many at once as it is told, each in its own span, and gives the results in order', async () => {
    let running = 0;
    let most = 0;
    let results: unknown;
    const { each } = await consume(messages(5), async one => {
      results = await processEach(
        one.messages,
        async message => {
          most = Math.max(most, ++running);
          await setImmediate();
          running--;
          return [message.offset, trace.getActiveSpan()?.spanContext().spanId];
        },
        { concurrency: 2 },
      );
    });
    assert.equal(most, 2);
    const byOffset = each.map(span => [String(span.attributes['messaging.kafka.offset']), span.spanContext().spanId]);
    assert.deepEqual(results, byOffset.sort());
    assert.equal(each.length, 5);
  });

  it('processEach: begins nothing after a failure, waits for what has begun, rejects with that failure', async () => {
    const ended: string[] = [];
    let failure: unknown;
    const { batch, each } = await consume(messages(5), async one => {
      const handle = async ({ offset }: KafkaMessage) => {
        await setImmediate();
        if (offset === '0') throw LOST;
        await setImmediate();
        ended.push(offset);
      };
      await processEach(one.messages, handle, { concurrency: 2 }).catch(error => (failure = error));
    });
    assert.equal(failure, LOST);
    assert.deepEqual(ended, ['1']);
    assert.deepEqual(
      each.map(span => [span.attributes['messaging.kafka.offset'], span.status.code]),
      [
        [0, SpanStatusCode.ERROR],
        [1, SpanStatusCode.UNSET],
      ],
    );
    assert.equal(batch.status.code, SpanStatusCode.UNSET);
  });

  const untraced: Record<string, (batch: Batch) => unknown> = {
    spread: ({ messages }) => [...messages].length,
    destructuring: ({ messages: [first] }) => first.offset,
    'Array.from': ({ messages }) => Array.from(messages).length,
    'a synchronous map': ({ messages }) => messages.map(message => message.offset).join(),
    'filter, find and slice': ({ messages }) => [messages.find(Boolean), messages.filter(Boolean), messages.slice(1)],
    JSON: ({ messages }) => JSON.stringify(messages),
    'Promise.all over the messages': ({ messages }) => Promise.all(messages as unknown as Promise<void>[]),
  };

  for (const [name, touch] of Object.entries(untraced)) {
    it(`starts no message span for ${name}`, async () => {
      const { batch, each } = await consume(messages(3), async one => {
        await touch(one);
        await setImmediate();
      });
      assert.deepEqual(each, []);
      assert.equal(batch.links.length, 3);
    });
  }

  it('ends the span of a loop that is left by break, and restores the context', async () => {
    let after: unknown;
    const { batch, each } = await consume(messages(3), async one => {
      for (const message of one.messages) {
        await setImmediate();
        if (message.offset === '1') break;
      }
      after = trace.getActiveSpan();
      await setImmediate();
    });
    assert.equal(after, batch);
    assert.deepEqual(
      each.map(span => span.attributes['messaging.kafka.offset']),
      [0, 1],
    );
  });

  it('gives the error of a loop that throws to its message and to the batch, to no other message', async () => {
    const { batch, each } = await consume(messages(3), async one => {
      for (const message of one.messages) {
        await setImmediate();
        if (message.offset === '1') throw LOST;
      }
    });
    assert.deepEqual(
      each.map(span => [span.attributes['messaging.kafka.offset'], span.status.code]),
      [
        [0, SpanStatusCode.UNSET],
        [1, SpanStatusCode.ERROR],
      ],
    );
    assert.deepEqual(batch.status, { code: SpanStatusCode.ERROR, message: LOST.message });
  });

  it('gives one message that fails among many at once its own error', async () => {
    const { batch, each } = await consume(messages(3), one =>
      Promise.allSettled(
        one.messages.map(async message => {
          await setImmediate();
          if (message.offset === '1') throw LOST;
        }),
      ),
    );
    assert.deepEqual(
      each
        .filter(span => span.status.code === SpanStatusCode.ERROR)
        .map(span => span.attributes['messaging.kafka.offset']),
      [1],
    );
    assert.equal(each.length, 3);
    assert.equal(batch.status.code, SpanStatusCode.UNSET);
  });

  it('gives a span in a loop the message span as its parent', async () => {
    const { each } = await consume(messages(2), one => {
      for (const message of one.messages) tracer.startSpan(`charge ${message.offset}`).end();
    });
    for (const [index, span] of each.entries()) {
      assert.equal(telemetry.span(`charge ${index}`).parentSpanContext?.spanId, span.spanContext().spanId);
    }
    assert.equal(each.length, 2);
  });

  it('times each message by its own work', async () => {
    const workMs = 10;
    const { batch, each } = await consume(messages(2), async one => {
      for (const message of one.messages) {
        assert.ok(message.value);
        await setImmediate();
        for (const until = performance.now() + workMs; performance.now() < until;);
      }
    });
    const [first, second] = each.map(span => toMs(span.startTime));
    // Start times are whole milliseconds.
    assert.ok(second - first >= workMs - 1, 'the second starts when the first is over');
    for (const span of each) assert.ok(toMs(batch.duration) - toMs(span.duration) >= workMs - 1);
  });

  it('makes no message spans with loopSpans off, but for processMessage', async () => {
    instrumentation.setConfig({ loopSpans: false });
    const { each } = await consume(messages(2), async one => {
      for (const message of one.messages) await setImmediate(message);
      await processMessage(one.messages[1], () => setImmediate());
    });
    assert.deepEqual(
      each.map(span => span.attributes['messaging.kafka.offset']),
      [1],
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

function expectedOf(span: ReadableSpan) {
  const key = span.attributes['messaging.kafka.message.key'];
  return [key, span.spanContext().spanId, `tenant-${String(key)}`];
}

const toMs = ([seconds, nanoseconds]: [number, number]) => seconds * 1e3 + nanoseconds / 1e6;
