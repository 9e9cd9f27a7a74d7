import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Attributes } from '@opentelemetry/api';
import { Kafka, logLevel } from 'kafkajs';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { consumerConfig, withKafka } from './kafka';

const LAG = 'messaging.kafka.consumer.lag';
const EVENTS = 'messaging.client.events';
const messages = (count: number) => Array.from({ length: count }, (_, n) => ({ value: String(n) }));

describe('kafkajs client life', () => {
  const broker = withBroker('kafka');
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);

  afterEach(() => instrumentation.setConfig({}));

  const lags = async () => (await telemetry.metric(LAG)).map(({ value }) => value);
  const eventsOf = async (group: string) =>
    Object.fromEntries(
      (await telemetry.metric(EVENTS))
        .filter(({ attributes }) => attributes['messaging.consumer.group.name'] === group)
        .map(({ attributes, value }) => [attributes['messaging.client.event'], value]),
    );

  it('tells the lag of a partition while a batch is handled and when it is', async () => {
    const topic = await kafka.topic();
    await kafka.seed(topic, messages(5));
    const groupId = uniqueName('billing');
    const consumer = kafka.client.consumer(consumerConfig({ groupId }));
    const done = new Promise<void>(resolve => consumer.on('consumer.end_batch_process', () => resolve()));
    let during: number[] = [];
    await kafka.subscribed(consumer, topic, { eachBatch: async () => void (during = await lags()) });
    await done;
    assert.deepEqual(during, [5]);
    const [point] = await telemetry.metric(LAG);
    assert.equal(point.value, 0);
    assert.deepEqual(point.attributes, {
      'messaging.system': 'kafka',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': '0',
      'messaging.consumer.group.name': groupId,
    });
  });

  it('tells the lag for eachMessage too', async () => {
    const topic = await kafka.topic();
    await kafka.seed(topic, messages(3));
    const seen: number[][] = [];
    await kafka.consume(topic, { eachMessage: async () => void seen.push(await lags()) });
    await telemetry.waitForSpans(3);
    assert.deepEqual(seen[0], [3]);
  });

  it('tells no lag for an ignored topic, and none with metrics off', async () => {
    const topic = await kafka.topic();
    for (const config of [{ ignoreDestinations: [topic] }, { metrics: false }]) {
      instrumentation.setConfig(config);
      await kafka.seed(topic, messages(1));
      const consumer = kafka.client.consumer(consumerConfig());
      const done = new Promise<void>(resolve => consumer.on('consumer.end_batch_process', () => resolve()));
      await kafka.subscribed(consumer, topic, { eachMessage: async () => {} });
      await done;
      assert.deepEqual(await lags(), []);
    }
  });

  it('counts group joins, stops telling the lag of a stopped consumer, and counts disconnects', async () => {
    const topic = await kafka.topic();
    await kafka.seed(topic, messages(1));
    const groupId = uniqueName('billing');
    const consumer = await kafka.consume(topic, { eachMessage: async () => {} }, { groupId });
    await telemetry.waitForSpans(1);
    assert.deepEqual(await eventsOf(groupId), { group_join: 1 });
    await consumer.disconnect();
    assert.deepEqual(await eventsOf(groupId), { group_join: 1, disconnect: 1 });
  });

  it('tells nothing more of a consumer that has stopped', async () => assert.deepEqual(await lags(), []));

  it('forgets the lag of a partition that another consumer was given, and counts rebalances', async () => {
    const reader = new PullReader();
    instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }));
    try {
      const topic = await kafka.topic(2);
      const groupId = uniqueName('billing');
      const config = { groupId, heartbeatInterval: 100 };
      await kafka.seed(
        topic,
        [0, 1].map(partition => ({ partition, value: 'x' })),
      );
      await kafka.consume(topic, { eachMessage: async () => {} }, config);
      await reader.pointsBecome(LAG, 2);
      await kafka.consume(topic, { eachMessage: async () => {} }, config);
      await reader.pointsBecome(LAG, 1);
      assert.ok(reader.events.has('rebalance'));
    } finally {
      instrumentation.setMeterProvider(telemetry.meterProvider);
    }
  });

  it('counts a crash', async () => {
    const topic = await kafka.topic();
    await kafka.seed(topic, messages(1));
    const retry = { retries: 0, restartOnFailure: async () => false };
    const groupId = uniqueName('billing');
    const consumer = kafka.client.consumer(consumerConfig({ groupId, retry }));
    const crash = new Promise(resolve => consumer.on('consumer.crash', resolve));
    await kafka.subscribed(consumer, topic, { eachMessage: () => Promise.reject(new Error('refused')) });
    await crash;
    assert.equal((await eventsOf(groupId)).crash, 1);
  });

  it('counts requests that time out', async () => {
    // Somebody who never answers.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const client = new Kafka({
      brokers: [`127.0.0.1:${port}`],
      logLevel: logLevel.NOTHING,
      requestTimeout: 50,
      // The default since 2.0.
      enforceRequestTimeout: true,
      retry: { retries: 0 },
    });
    const producer = client.producer();
    await assert.rejects(producer.connect());
    await producer.disconnect();
    silent.close();
    const events = (await telemetry.metric(EVENTS)).map(({ attributes }) => attributes['messaging.client.event']);
    assert.ok(events.includes('request_timeout'), events.join());
  });

  it('counts nothing while it is switched off', async () => {
    const producer = await kafka.producer();
    instrumentation.disable();
    await producer.disconnect();
    instrumentation.enable();
    assert.deepEqual(await telemetry.metric(EVENTS), []);
    const counted = await kafka.producer();
    await counted.disconnect();
    const [{ value, attributes }] = await telemetry.metric(EVENTS);
    assert.equal(value, 1);
    assert.deepEqual(attributes, { 'messaging.system': 'kafka', 'messaging.client.event': 'disconnect' });
  });
});

/** What is collected now, where the recorder of the tests keeps what it has seen. */
class PullReader extends MetricReader {
  /** All that were counted up to the last look. */
  readonly events = new Set<unknown>();

  constructor() {
    // With the other temporality the SDK goes on telling points that nobody observes any more.
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }

  private async points(name: string): Promise<{ attributes: Attributes }[]> {
    const { resourceMetrics } = await this.collect();
    const metrics = resourceMetrics.scopeMetrics.flatMap(scope => scope.metrics);
    const of = (wanted: string) =>
      metrics
        .filter(metric => metric.descriptor.name === wanted)
        .flatMap(metric => metric.dataPoints as { attributes: Attributes }[]);
    for (const { attributes } of of(EVENTS)) this.events.add(attributes['messaging.client.event']);
    return of(name);
  }

  async pointsBecome(name: string, count: number): Promise<void> {
    for (let attempt = 0; attempt < 500; attempt++) {
      if ((await this.points(name)).length === count) return;
      await setTimeout(20);
    }
    assert.fail(`${name} did not come to ${count} points`);
  }

  protected async onForceFlush(): Promise<void> {}

  protected async onShutdown(): Promise<void> {}
}
