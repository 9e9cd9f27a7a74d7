import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { SpanKind } from '@opentelemetry/api';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { Kafka, logLevel, type Consumer } from 'kafkajs';

const PARTITIONS = 4;
const COUNT = 80;

describe('kafka consumers whose group rebalances', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());

  afterEach(() => instrumentation.enable());

  /** A second consumer comes while messages are sent; gives what was handled of the first of them, when both have had some. */
  async function run(): Promise<string[]> {
    const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
    const topic = uniqueName('orders');
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true });
    await admin.disconnect();
    const handled = new Set<string>();
    const busy = new Set<Consumer>();
    const consumers = [1, 2].map(() => kafka.consumer({ groupId: topic, maxWaitTimeInMs: 50, heartbeatInterval: 50 }));
    const producer = kafka.producer();
    await producer.connect();
    const start = async (consumer: Consumer) => {
      const joined = new Promise(resolve => consumer.on('consumer.group_join', resolve));
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        busy.add(consumer);
        handled.add(String(message.value));
      };
      await consumer.run({ eachMessage });
      await joined;
    };
    await start(consumers[0]);
    const second = start(consumers[1]);
    for (let index = 0; index < COUNT || busy.size < consumers.length; index++) {
      await producer.send({ topic, messages: [{ value: String(index), partition: index % PARTITIONS }] });
    }
    await second;
    const first = () => [...handled].filter(value => Number(value) < COUNT);
    while (first().length < COUNT) await delay(10);
    await Promise.all([...consumers, producer].map(one => one.disconnect()));
    return first().sort();
  }

  it('lose no message, and have a span that has ended for each', async () => {
    const traced = await run();
    const sent = telemetry.spans().filter(({ kind }) => kind === SpanKind.PRODUCER);
    const processed = new Set(
      telemetry
        .spans()
        .filter(({ kind }) => kind === SpanKind.CONSUMER)
        .map(span => span.parentSpanContext?.spanId),
    );
    const untold = sent.slice(0, COUNT).filter(span => !processed.has(span.spanContext().spanId));
    assert.deepEqual(untold, []);
    instrumentation.disable();
    assert.deepEqual(traced, await run());
  });
});
