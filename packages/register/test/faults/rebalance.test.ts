import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { SpanKind } from '@opentelemetry/api';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { Kafka, logLevel, type Consumer } from 'kafkajs';
import { createTopic, type Shop } from './clients';
import { assertCounted } from './counted';

const PARTITIONS = 4;
const COUNT = 80;
const FIRST = Array.from({ length: COUNT }, (_, index) => String(index));

describe('kafka consumers whose group rebalances', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());

  afterEach(() => instrumentation.enable());

  /** A second consumer comes while messages are sent; comes back when the first of them were handled, and both have had some. */
  async function run(): Promise<Pick<Shop, 'attempts' | 'delivered'>> {
    const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
    const topic = uniqueName('orders');
    await createTopic(kafka, topic, PARTITIONS);
    const delivered: string[] = [];
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
        delivered.push(String(message.value));
      };
      await consumer.run({ eachMessage });
      await joined;
    };
    await start(consumers[0]);
    const second = start(consumers[1]);
    let attempts = 0;
    for (; attempts < COUNT || busy.size < consumers.length; attempts++) {
      await producer.send({ topic, messages: [{ value: String(attempts), partition: attempts % PARTITIONS }] });
    }
    await second;
    const missing = () => FIRST.filter(value => !delivered.includes(value));
    while (missing().length > 0) await delay(10);
    await Promise.all([...consumers, producer].map(one => one.disconnect()));
    return { attempts, delivered };
  }

  it('lose no message, and have a span that has ended for each', async () => {
    await assertCounted(await run());
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
    // It is no easier without us.
    await run();
  });
});
