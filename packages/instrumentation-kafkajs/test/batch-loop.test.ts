import * as assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Batch, KafkaMessage, Message } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { processEach, processMessage } from '@queuetrace/messaging';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import { consuming, messages, spanIdOf, type BatchHandler } from './consuming';
import { withKafka } from './kafka';

const LOST = new Error('the card was refused');
const tracer = trace.getTracer('test');

describe('kafkajs eachBatch, message by message', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  const { eachBatch } = consuming(kafka);
  let topic: string;

  beforeEach(async () => {
    topic = await kafka.topic();
  });
  afterEach(() => instrumentation.setConfig({}));

  const consume = (sent: Message[], handler: BatchHandler) => eachBatch(topic, sent, handler);

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
        const parent = spanIdOf(Number(span.attributes['messaging.kafka.message.key']));
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

  const step = async ({ offset }: KafkaMessage) => {
    await setImmediate();
    return offset === '1';
  };
  const left: Record<string, (messages: KafkaMessage[]) => unknown> = {
    break: async messages => {
      for (const message of messages) if (await step(message)) break;
    },
    return: async messages => {
      for (const message of messages) if (await step(message)) return message;
      return undefined;
    },
    'a throw that is caught outside of it': async messages => {
      try {
        for (const message of messages) if (await step(message)) throw LOST;
      } catch (error) {
        assert.equal(error, LOST);
      }
    },
    'break, a for await': async messages => {
      for await (const message of messages) if (await step(message)) break;
    },
    'break, through a generator': async messages => {
      function* each() {
        yield* messages;
      }
      for (const message of each()) if (await step(message)) break;
    },
  };

  for (const [how, loop] of Object.entries(left)) {
    it(`ends the span of a loop that is left by ${how}, and restores the context`, async () => {
      const after: unknown[] = [];
      const { batch, each } = await consume(messages(3), async one => {
        await loop(one.messages);
        after.push(trace.getActiveSpan());
        await setImmediate();
        after.push(trace.getActiveSpan());
      });
      assert.deepEqual(after, [batch, batch]);
      assert.deepEqual(
        each.map(span => [span.attributes['messaging.kafka.offset'], span.status.code]),
        [
          [0, SpanStatusCode.UNSET],
          [1, SpanStatusCode.UNSET],
        ],
      );
    });
  }

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
});

function expectedOf(span: ReadableSpan) {
  const key = span.attributes['messaging.kafka.message.key'];
  return [key, span.spanContext().spanId, `tenant-${String(key)}`];
}

const toMs = ([seconds, nanoseconds]: [number, number]) => seconds * 1e3 + nanoseconds / 1e6;
