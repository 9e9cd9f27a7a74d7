import * as assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import type * as kafkajs from 'kafkajs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { consumerConfig, USER_SPAN_ID, USER_TRACEPARENT, withKafka } from './kafka';

/** What is installed under another name is no kafkajs to anybody: a copy has the right one. */
function copyOldest(folder: string): typeof kafkajs {
  const copy = path.join(folder, 'node_modules/kafkajs');
  cpSync(path.dirname(require.resolve('kafkajs-1.16/package.json')), copy, { recursive: true });
  return createRequire(path.join(folder, 'app.js'))('kafkajs') as typeof kafkajs;
}

describe('the oldest kafkajs that is supported, 1.16.0', () => {
  const broker = withBroker('kafka');
  let folder = '';
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker, () => {
    folder = mkdtempSync(path.join(tmpdir(), 'queuetrace-oldest-'));
    return copyOldest(folder);
  });
  let topic: string;

  beforeEach(async () => {
    topic = await kafka.topic();
  });
  afterEach(() => instrumentation.setConfig({}));
  after(() => rmSync(folder, { recursive: true }));

  it('tells all of a send and of the handling of its message', async () => {
    const producer = await kafka.producer();
    await producer.send({ topic, messages: [{ key: 'order-1', value: 'paid' }] });
    const groupId = uniqueName('billing');
    await kafka.consume(topic, { eachMessage: async () => {} }, { groupId });
    await telemetry.waitForSpans(2);
    const [sent, processed] = telemetry.spans();
    const common = {
      'messaging.system': 'kafka',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': '0',
      'messaging.client.id': 'shop',
      'messaging.kafka.cluster.id': await kafka.clusterId(),
      'messaging.kafka.message.key': 'order-1',
      'messaging.kafka.offset': 0,
    };
    const [host, port] = broker.address.split(':');
    assert.deepEqual(sent.attributes, {
      ...common,
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.batch.message_count': 1,
      'server.address': host,
      'server.port': Number(port),
    });
    const { 'messaging.queue_time_ms': queueTimeMs, ...attributes } = processed.attributes;
    assert.deepEqual(attributes, {
      ...common,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.consumer.group.name': groupId,
    });
    assert.ok(Number(queueTimeMs) >= 0);
    assert.equal(processed.parentSpanContext?.spanId, sent.spanContext().spanId);
  });

  it('tells of each message of a call with several topics where it went', async () => {
    instrumentation.setConfig({ producerSpans: 'message' });
    const other = await kafka.topic(2);
    const producer = await kafka.producer();
    const messages = [1, 0].map(partition => ({ partition, value: 'x' }));
    await producer.sendBatch({
      topicMessages: [topic, other].map(one => ({ topic: one, messages: messages.slice(-1) })),
    });
    await producer.send({ topic: other, messages });
    const created = telemetry.spans().filter(span => span.name.startsWith('create'));
    assert.deepEqual(
      created.map(({ name, attributes }) => [
        name,
        attributes['messaging.destination.partition.id'],
        attributes['messaging.kafka.offset'],
      ]),
      [
        [`create ${topic}`, '0', 0],
        [`create ${other}`, '0', 0],
        [`create ${other}`, '1', 0],
        [`create ${other}`, '0', 1],
      ],
    );
  });

  it('tells a batch, the messages in its loop, an explicit commit, the lag and the life of the client', async () => {
    const headers = { traceparent: USER_TRACEPARENT };
    await kafka.seed(topic, [
      { value: '1', headers },
      { value: '2', headers },
    ]);
    const consumer = kafka.client.consumer(consumerConfig());
    const active: unknown[] = [];
    const done = new Promise(resolve => consumer.on('consumer.end_batch_process', resolve));
    await kafka.subscribed(consumer, topic, {
      eachBatch: async ({ batch, commitOffsetsIfNecessary }) => {
        for (const message of batch.messages) {
          await setImmediate(message);
          active.push(trace.getActiveSpan());
        }
        await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition: 0, offset: '2' }] }] });
      },
    });
    await done;
    const [first, second, commit, batch] = telemetry.spans();
    assert.deepEqual(active, [first, second]);
    assert.equal(commit.name, `commit ${topic}`);
    assert.equal(commit.parentSpanContext?.spanId, batch.spanContext().spanId);
    assert.equal(batch.attributes['messaging.batch.message_count'], 2);
    assert.equal(batch.attributes['messaging.kafka.consumer.lag'], 2);
    assert.deepEqual(
      batch.links.map(link => link.context.spanId),
      [USER_SPAN_ID],
    );
    assert.equal((await telemetry.metric('messaging.kafka.consumer.lag'))[0].value, 0);
    const events = await telemetry.metric('messaging.client.events');
    assert.ok(events.some(({ attributes }) => attributes['messaging.client.event'] === 'group_join'));
  });

  for (const [end, outcome] of [
    ['commit', 'committed'],
    ['abort', 'aborted'],
  ] as const) {
    it(`tells a transaction that is ${outcome}`, async () => {
      const producer = await kafka.producer({
        transactionalId: uniqueName('payments'),
        idempotent: true,
        maxInFlightRequests: 1,
      });
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: 'paid' }] });
      await transaction[end]();
      const [sent, span] = telemetry.spans();
      assert.equal(span.attributes['messaging.kafka.transaction.outcome'], outcome);
      assert.equal(sent.parentSpanContext?.spanId, span.spanContext().spanId);
    });
  }

  it('ends the span of a handler that fails, and tries again', async () => {
    await kafka.seed(topic, [{ value: 'x' }]);
    let attempts = 0;
    await kafka.consume(topic, {
      eachMessage: async () => {
        if (++attempts === 1) throw new Error('the card was refused');
      },
    });
    const [failed, tried] = await telemetry.waitForSpans(2);
    assert.equal(failed.attributes['error.type'], 'Error');
    assert.deepEqual(
      tried.links.map(link => [link.context.spanId, link.attributes?.['link.type']]),
      [[failed.spanContext().spanId, 'previous-attempt']],
    );
  });
});
