import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import { context, propagation, type TextMapPropagator } from '@opentelemetry/api';
import type { KafkaMessage, Message, Producer, ProducerBatch, ProducerRecord } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { hostileValues, telemetry, withBroker } from '@queuetrace/test-utils';
import { withKafka } from './kafka';

describe('kafkajs with instrumentation behaves as without', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  let topic: string;
  let producer: Producer;

  beforeEach(async () => {
    topic = await kafka.topic();
    producer = await kafka.producer();
  });

  /** How a call ends: what it gives or its error, and whether that is thrown or rejected. */
  async function outcomeOf(call: () => Promise<unknown>): Promise<string> {
    let promise: Promise<unknown>;
    try {
      promise = call();
    } catch (error) {
      return `throws ${String(error)}`;
    }
    return promise.then(
      value => `gives ${JSON.stringify(value)?.replace(/"baseOffset":"\d+"/g, '')}`,
      error => `rejects with ${describeError(error)}`,
    );
  }

  /** The same call with and without instrumentation. */
  async function assertSame(call: () => Promise<unknown>) {
    const traced = await outcomeOf(call);
    instrumentation.disable();
    try {
      assert.equal(traced, await outcomeOf(call));
    } finally {
      instrumentation.enable();
    }
    return traced;
  }

  const places: Record<string, (value: unknown) => () => Promise<unknown>> = {
    'the argument of send': value => () => producer.send(value as ProducerRecord),
    'the messages of send': value => () => producer.send({ topic, messages: value as Message[] }),
    'a message of send': value => () => producer.send({ topic, messages: [value as Message] }),
    'a value': value => () => producer.send({ topic, messages: [{ value: value as string }] }),
    'a key': value => () => producer.send({ topic, messages: [{ key: value as string, value: 'x' }] }),
    'the headers': value => () =>
      producer.send({ topic, messages: [{ value: 'x', headers: value as Message['headers'] }] }),
    'a header': value => () => producer.send({ topic, messages: [{ value: 'x', headers: { a: value as string } }] }),
    'a traceparent': value => () =>
      producer.send({ topic, messages: [{ value: 'x', headers: { traceparent: value as string } }] }),
    'the argument of sendBatch': value => () => producer.sendBatch(value as ProducerBatch),
    'the topics of sendBatch': value => () => producer.sendBatch({ topicMessages: value as [] }),
    'a topic of sendBatch': value => () => producer.sendBatch({ topicMessages: [value as never] }),
  };

  for (const [place, callWith] of Object.entries(places)) {
    it(`ends the same way with anything as ${place}`, async () => {
      for (const { make, name } of hostileValues.filter(value => value.name !== 'a huge string')) {
        await assertSame(callWith(make())).catch(error => {
          throw new Error(`with ${name}: ${error.message}`);
        });
      }
    });
  }

  it('rejects what the library rejects, with the library’s own error', async () => {
    const noMessages = { topic } as unknown as ProducerRecord;
    assert.match(await assertSame(() => producer.send(noMessages)), /^rejects with .*Invalid messages array/);
    assert.match(await assertSame(() => (producer.send as () => Promise<unknown>)()), /^rejects with TypeError/);
    await assertSame(() => producer.send({ topic, messages: [null as unknown as Message] }));
    await producer.disconnect();
    assert.match(await assertSame(() => producer.send({ topic, messages: [{ value: 'x' }] })), /disconnected/);
  });

  it('gives the library’s own result', async () => {
    const [result] = await producer.send({ topic, messages: [{ value: 'x' }] });
    assert.deepEqual([result.topicName, result.partition, result.baseOffset, result.errorCode], [topic, 0, '0', 0]);
  });

  it('leaves a rejection that nobody handles unhandled, once, with the same error', async () => {
    const failure = new Error('nobody catches this');
    const failing = await kafka.producer({
      createPartitioner: () => () => {
        throw failure;
      },
    });
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    try {
      const unhandled: unknown[] = [];
      process.on('unhandledRejection', reason => unhandled.push(reason));
      void failing.send({ topic, messages: [{ value: 'x' }] });
      await once(process, 'unhandledRejection');
      await new Promise(setImmediate);
      assert.deepEqual(unhandled, [failure]);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });

  it('gives the handler the library’s own objects, unchanged', async () => {
    await kafka.seed(topic, [{ key: 'k', value: 'x', headers: { a: '1' } }]);
    const message = await new Promise<KafkaMessage>(resolve => {
      void kafka.consume(topic, { eachMessage: async payload => resolve(payload.message) });
    });
    assert.deepEqual(message.headers, { a: Buffer.from('1') });
    const own = await kafka.wire(topic);
    assert.deepEqual(Object.keys(message), Object.keys(own[0]));
  });

  it('calls the handler as the library does', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    const callOf = (handler: 'eachMessage' | 'eachBatch') =>
      new Promise<unknown[]>(resolve => {
        const run = async (...args: [object]) => resolve([args.length, Object.keys(args[0])]);
        void kafka.consume(topic, { [handler]: run });
      });
    for (const handler of ['eachMessage', 'eachBatch'] as const) {
      const traced = await callOf(handler);
      instrumentation.disable();
      const plain = await callOf(handler);
      instrumentation.enable();
      assert.deepEqual(traced, plain);
    }
  });

  it('sends and consumes where a propagator throws', async () => {
    const refuse = () => {
      throw new Error('a propagator that fails');
    };
    telemetry.usePropagator({ fields: () => ['traceparent'], inject: refuse, extract: refuse } as TextMapPropagator);
    await producer.send({ topic, messages: [{ value: 'x' }] });
    await new Promise<void>(resolve => {
      void kafka.consume(topic, { eachMessage: async () => resolve() });
    });
    assert.equal(propagation.fields().length, 1);
    assert.equal(context.active().getValue(Symbol.for('x')), undefined);
  });
});

function describeError(error: unknown): string {
  const { name, message } = Object(error) as Error;
  return `${name}: ${message}`;
}
