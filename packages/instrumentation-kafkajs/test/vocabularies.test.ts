import * as assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { VOCABULARIES } from '@queuetrace/messaging';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { consumerConfig, withKafka } from './kafka';

/* Each span and metric of these tests is held against the table of the conventions, as those of all tests are. */

describe('the vocabularies of Kafka', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);

  afterEach(() => instrumentation.setConfig({}));

  /** Each operation there is, and one that fails: sent alone and with others, in a transaction, in a batch, committed. */
  async function story(topic: string): Promise<void> {
    const producer = await kafka.producer({
      transactionalId: uniqueName('payments'),
      idempotent: true,
      maxInFlightRequests: 1,
    });
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: 'order-1', value: null }] });
    const other = { topic: `${topic}.dlq`, messages: [{ value: 'x', headers: { 'x-tenant': 'acme' } }] };
    await transaction.sendBatch({ topicMessages: [other, { topic, messages: [{ value: 'y' }, { value: 'z' }] }] });
    await transaction.commit();
    const consumer = kafka.client.consumer(consumerConfig());
    let attempts = 0;
    let seen = 0;
    const done = new Promise<void>(resolve => {
      consumer.on('consumer.end_batch_process', () => seen >= 4 && resolve());
    });
    await kafka.subscribed(consumer, [topic, other.topic], {
      eachBatch: async ({ batch, commitOffsetsIfNecessary, uncommittedOffsets }) => {
        for (const message of batch.messages) {
          await setImmediate(message);
          if (++attempts === 1) throw new Error('the card was refused');
        }
        seen += batch.messages.length;
        await commitOffsetsIfNecessary(uncommittedOffsets());
      },
    });
    await done;
  }

  for (const producerSpans of ['call', 'message'] as const) {
    for (const semconv of [...VOCABULARIES.map(one => [one]), ['1.45', '1.44', 'legacy'] as const]) {
      it(`are held by everything that is told: ${semconv.join(', ')}, producerSpans '${producerSpans}'`, async () => {
        instrumentation.setConfig({ semconv, producerSpans, bodySize: true, headersIncluded: ['x-*'] });
        const topic = await kafka.topic();
        await kafka.withAdmin(admin =>
          admin.createTopics({ topics: [{ topic: `${topic}.dlq` }], waitForLeaders: true }),
        );
        await story(topic);
        const names = new Set(telemetry.spans().map(span => span.name));
        for (const name of ['transaction', 'send', `send ${topic}`, `process ${topic}`, `process ${topic}.dlq`])
          assert.ok(names.has(name), `${name} is not among ${[...names].join()}`);
        assert.ok([...names].some(name => name.startsWith('commit')));
        assert.equal(names.has(`create ${topic}.dlq`), producerSpans === 'message');
      });
    }
  }
});
