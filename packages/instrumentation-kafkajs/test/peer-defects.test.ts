import * as assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { setImmediate } from 'node:timers/promises';
import { propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { EachMessageHandler, Message, Producer, ProducerRecord } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import { consuming, traceparentOf } from './consuming';
import { header, itSince, traceparent, USER_SPAN_ID, USER_TRACEPARENT, withEmbeddedKafka, withKafka } from './kafka';

/*
 * What instrumentations of kafkajs get wrong, a test each that asks for nothing else, so that it fails on that defect and
 * passes without. `npm run test:peers` runs them with OpenTelemetry's own instrumentation: those with a number fail there.
 */

const BATCH_SIZE = 1000;
const LOST = new Error('the card was refused');
const isFailed = ({ status }: ReadableSpan) => status.code === SpanStatusCode.ERROR;

describe('defects of other instrumentations of kafkajs', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  const { resultOfMessage, resultOfBatch } = consuming(kafka);
  let topic: string;
  let producer: Producer;

  beforeEach(async () => {
    topic = await kafka.topic();
    producer = await kafka.producer();
  });
  afterEach(() => {
    instrumentation.setConfig({});
    instrumentation.enable();
  });

  const send = (...messages: Message[]) => producer.send({ topic, messages });

  it('K1: each of several messages that share one headers object carries a context of its own', async () => {
    instrumentation.setConfig({ producerSpans: 'message' });
    const headers = { source: 'web' };
    await send({ value: '1', headers }, { value: '2', headers });
    const [first, second] = (await kafka.wire(topic, 2)).map(record => header(record, 'traceparent'));
    const told = telemetry.spans().map(span => traceparent(span.spanContext()));
    assert.notEqual(first, second);
    assert.ok(told.includes(first!) && told.includes(second!));
  });

  it('K2: messages and headers are as the caller made them when they have been sent', async () => {
    const message = { value: 'paid', headers: { source: 'web' } };
    const bare = { value: 'paid' };
    await send(message, bare);
    assert.deepEqual([message, bare], [{ value: 'paid', headers: { source: 'web' } }, { value: 'paid' }]);
  });

  it('K2: a frozen message is sent', async () => {
    await send(Object.freeze({ value: 'paid' }));
    assert.equal((await kafka.wire(topic)).length, 1);
  });

  it('K3: a frozen run configuration is run', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    await new Promise<void>((resolve, reject) => {
      const config = Object.freeze({ eachMessage: async () => resolve() });
      kafka.consume(topic, config).catch(reject);
    });
  });

  it('K3: a run configuration that is used twice keeps its own handler', async () => {
    const handler = async () => {};
    const config = { eachMessage: handler };
    await kafka.consume(topic, config);
    await kafka.consume(topic, config);
    assert.equal(config.eachMessage, handler);
  });

  const wrong: Record<string, [ProducerRecord | undefined, RegExp]> = {
    'a record without messages': [{ topic: 'orders' } as ProducerRecord, /Invalid messages array/],
    'a message that is null': [{ topic: 'orders', messages: [null as unknown as Message] }, /null/],
    'no record at all': [undefined, /undefined/],
  };
  for (const [what, [record, message]] of Object.entries(wrong)) {
    it(`K4: send of ${what} rejects, and does not throw, with the library's own error`, async () => {
      let sending: Promise<unknown> | undefined;
      assert.doesNotThrow(() => (sending = producer.send(record as ProducerRecord)));
      await assert.rejects(sending!, error => {
        assert.match(String(error), message);
        const [thrownAt] = /^ +at .*$/m.exec((error as Error).stack!)!;
        assert.match(thrownAt, /node_modules.kafkajs./);
        return true;
      });
    });
  }

  it('K5: the span of a handler that throws and is no async function ends', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    let attempts = 0;
    await kafka.consume(topic, {
      eachMessage: (() => {
        if (++attempts === 1) throw LOST;
      }) as unknown as EachMessageHandler,
    });
    await telemetry.waitForSpans(spans => spans.some(isFailed));
  });

  it('K6: a failed send has an exception event', async () => {
    const failing = await kafka.producer({ createPartitioner: () => () => assert.fail(LOST) });
    await assert.rejects(failing.send({ topic, messages: [{ value: 'x' }] }));
    const [span] = telemetry.spans().filter(isFailed);
    assert.equal(span.events[0]?.attributes?.['exception.message'], LOST.message);
  });

  it('K6: a handler that rejects has an exception event', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    let attempts = 0;
    await resultOfMessage(topic, () => {
      if (++attempts === 1) throw LOST;
      return attempts;
    });
    const [span] = (await telemetry.waitForSpans(all => all.some(isFailed))).filter(isFailed);
    assert.equal(span.events[0]?.attributes?.['exception.message'], LOST.message);
  });

  itSince('2.0', 'K7: of a repeated traceparent the last one counts', async () => {
    await kafka.seed(topic, [{ value: 'x', headers: { traceparent: [traceparentOf(7), USER_TRACEPARENT] } }]);
    await resultOfMessage(topic, () => true);
    const [span] = await telemetry.waitForSpans(1);
    assert.equal(span.parentSpanContext?.spanId, USER_SPAN_ID);
  });

  it('K8: the baggage of a message of a batch reaches the code that works on it', async () => {
    await kafka.seed(topic, [{ value: 'x', headers: { traceparent: USER_TRACEPARENT, baggage: 'tenant=acme' } }]);
    const tenant = await resultOfBatch(topic, async ({ batch }) => {
      let seen: string | undefined;
      for (const message of batch.messages) {
        await setImmediate(message);
        seen = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
      }
      return seen;
    });
    assert.equal(tenant, 'acme');
  });

  it('K8: the span that is active around a batch leads to where its messages came from', async () => {
    const contexts = [1, 2].map(traceparentOf);
    await kafka.seed(
      topic,
      contexts.map(context => ({ value: 'x', headers: { traceparent: context } })),
    );
    const span = await resultOfBatch(topic, async () => trace.getActiveSpan() as unknown as ReadableSpan);
    assert.deepEqual(
      span.links.map(link => traceparent(link.context)),
      contexts,
    );
  });

  it('K8: a batch does not make a span for each message that nobody has looked at', async () => {
    await kafka.seed(topic, new Array<Message>(BATCH_SIZE).fill({ value: 'x' }));
    await resultOfBatch(topic, async () => {});
    assert.equal(telemetry.spans().length, 1);
  });

  it('K8: the span of a message of a batch is active while the message is worked on', async () => {
    await kafka.seed(topic, [{ value: '1' }, { value: '2' }]);
    const spans = await resultOfBatch(topic, ({ batch }) =>
      Promise.all(batch.messages.map(async () => setImmediate(trace.getActiveSpan()))),
    );
    assert.notEqual(spans[0], spans[1]);
  });

  it('K8: a message that fails in a batch fails alone', async () => {
    await kafka.seed(topic, [{ value: '1' }, { value: '2' }, { value: '3' }]);
    let attempts = 0;
    await resultOfBatch(topic, ({ batch }) => {
      const isFirst = ++attempts === 1;
      return Promise.all(
        batch.messages.map(async ({ offset }) => {
          await setImmediate();
          if (isFirst && offset === '1') throw LOST;
        }),
      );
    });
    const failed = telemetry.spans().filter(span => isFailed(span) && 'messaging.kafka.offset' in span.attributes);
    assert.deepEqual(
      failed.map(span => Number(span.attributes['messaging.kafka.offset'])),
      [1],
    );
  });

  it('K9: a key in bytes that are no text is not garbled', async () => {
    await send({ key: Buffer.from([0xff, 0xfe, 0x00, 0x01]), value: 'paid' });
    assert.equal(telemetry.spans()[0].attributes['messaging.kafka.message.key'], undefined);
  });

  it('K9: an empty key is told', async () => {
    await send({ key: '', value: 'paid' });
    assert.equal(telemetry.spans()[0].attributes['messaging.kafka.message.key'], '');
  });

  it('K9: a tombstone without a key is told', async () => {
    await send({ value: null });
    assert.equal(telemetry.spans()[0].attributes['messaging.kafka.message.tombstone'], true);
  });

  it('K10: a producer is not traced any more when the instrumentation is disabled', async () => {
    instrumentation.disable();
    await send({ value: 'x' });
    assert.deepEqual(telemetry.spans(), []);
    assert.equal(header((await kafka.wire(topic))[0], 'traceparent'), undefined);
  });

  it('K10: a consumer is not traced any more when the instrumentation is disabled', async () => {
    let handled!: () => void;
    const isHandled = new Promise<void>(resolve => (handled = resolve));
    // When the second one is handled, the first one's span would have ended.
    await kafka.consume(topic, { eachMessage: async ({ message }) => void (message.offset === '1' && handled()) });
    instrumentation.disable();
    await kafka.seed(topic, [{ value: '1' }, { value: '2' }]);
    await isHandled;
    assert.deepEqual(telemetry.spans(), []);
  });
});

describe('defects of other instrumentations of kafkajs, at an IPv6 address (embedded only)', () => {
  const broker = withEmbeddedKafka({ host: '::1' });
  telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);

  it('K10: the address of a broker is whole in metrics', async () => {
    const topic = await kafka.topic();
    const producer = await kafka.producer();
    await producer.send({ topic, messages: [{ value: 'x' }] });
    const points = await telemetry.metric('messaging.client.operation.duration');
    const servers = points.map(({ attributes }) => [attributes['server.address'], attributes['server.port']]);
    assert.ok(servers.some(server => isDeepStrictEqual(server, ['::1', broker.port])));
    assert.ok(servers.every(([address]) => address === '::1' || address === '127.0.0.1'));
  });
});
