import * as assert from 'node:assert/strict';
import { Kafka } from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { header, withKafka } from './kafka';

describe('kafkajs instrumentation, switched on and off', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  let topic: string;

  beforeEach(async () => {
    topic = await kafka.topic();
  });
  afterEach(() => instrumentation.enable());

  it('takes live producers out on disable, and in again on enable', async () => {
    const producer = await kafka.producer();
    const send = (value: string) => producer.send({ topic, messages: [{ value }] });
    await send('on');
    instrumentation.disable();
    await send('off');
    instrumentation.enable();
    await send('on again');
    assert.equal(telemetry.spans().length, 2);
    const records = await kafka.wire(topic, 3);
    assert.deepEqual(
      records.map(record => header(record, 'traceparent') !== undefined),
      [true, false, true],
    );
  });

  it('takes running consumers out on disable, and in again on enable', async () => {
    const seen: string[] = [];
    let saw: () => void = () => {};
    await kafka.consume(topic, {
      eachMessage: async ({ message }) => {
        seen.push(String(message.value));
        setImmediate(() => saw());
      },
    });
    const pass = async (value: string) => {
      const handled = new Promise<void>(resolve => (saw = resolve));
      await kafka.seed(topic, [{ value }]);
      await handled;
    };
    await pass('on');
    instrumentation.disable();
    await pass('off');
    instrumentation.enable();
    await pass('on again');
    assert.deepEqual(seen, ['on', 'off', 'on again']);
    assert.deepEqual(
      telemetry.spans().map(span => span.attributes['messaging.kafka.offset']),
      [0, 2],
    );
  });

  it('ends the span of a handler that runs while it is switched off', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    await kafka.consume(topic, { eachMessage: async () => instrumentation.disable() });
    await telemetry.waitForSpans(1);
    telemetry.span(`process ${topic}`);
  });

  it('puts the library’s own methods back', () => {
    const patched = Kafka.prototype.producer;
    instrumentation.disable();
    const own = Kafka.prototype.producer;
    assert.notEqual(own, patched);
    instrumentation.enable();
    instrumentation.disable();
    assert.equal(Kafka.prototype.producer, own);
  });

  it('tells each send once, however often it is enabled', async () => {
    instrumentation.enable();
    instrumentation.enable();
    const producer = await kafka.producer();
    await producer.send({ topic, messages: [{ value: 'x' }] });
    assert.equal(telemetry.spans().length, 1);
  });

  it('lives with another wrapper of the same method, in either order of removal', async () => {
    const own = Kafka.prototype.producer;
    let calls = 0;
    Kafka.prototype.producer = function (...args) {
      calls++;
      return own.apply(this, args);
    };
    try {
      const producer = await kafka.producer();
      await producer.send({ topic, messages: [{ value: 'x' }] });
      instrumentation.disable();
      const untraced = await kafka.producer();
      await untraced.send({ topic, messages: [{ value: 'y' }] });
    } finally {
      Kafka.prototype.producer = own;
    }
    assert.equal(calls, 2);
    assert.equal(telemetry.spans().length, 1);
  });

  it('keeps the properties of the methods that it wraps', async () => {
    const producer = await kafka.producer();
    const names = Object.keys(producer).sort();
    instrumentation.disable();
    const plain = await kafka.producer();
    assert.deepEqual(names, Object.keys(plain).sort());
    assert.deepEqual([producer.send.name, producer.send.length], [plain.send.name, plain.send.length]);
  });
});

describe('kafkajs clients that were made before', () => {
  const broker = withBroker('kafka');
  const kafka = withKafka(broker);

  it('stay untraced and work', async () => {
    const producer = await kafka.producer();
    telemetry.register(new KafkaJsInstrumentation());
    const topic = await kafka.topic();
    await producer.send({ topic, messages: [{ value: 'x' }] });
    assert.deepEqual(telemetry.spans(), []);
    assert.equal((await kafka.wire(topic)).length, 1);
  });
});

describe('kafkajs when the broker goes away', () => {
  const broker = withBroker('kafka', { own: true });
  telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);

  it('ends the send span with the library’s error', async () => {
    const topic = await kafka.topic();
    const producer = await kafka.producer();
    await broker.stop();
    await assert.rejects(producer.send({ topic, messages: [{ value: 'x' }] }));
    const span = telemetry.span(`send ${topic}`);
    assert.match(String(span.attributes['error.type']), /^(KafkaJS|ECONN)/);
    assert.equal(span.attributes['messaging.kafka.offset'], undefined);
    await broker.restart();
  });

  it('ends the span of a transaction with the error of its commit', async () => {
    const topic = await kafka.topic();
    const transactionalId = uniqueName('payments');
    const producer = await kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'x' }] });
    await broker.stop();
    let failure: unknown;
    await assert.rejects(transaction.commit(), error => Boolean((failure = error)));
    await assert.rejects(transaction.abort());
    const span = telemetry.span('transaction');
    assert.equal(span.status.message, (failure as Error).message);
    assert.equal(span.attributes['messaging.kafka.transaction.outcome'], undefined);
    await broker.restart();
  });
});
