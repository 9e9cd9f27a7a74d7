import assert from 'node:assert/strict';
import { startOtlpReceiver, type OtlpReceiver } from '@queuetrace/test-utils/build/src/otlp-receiver';
import { uniqueName, withBroker } from '@queuetrace/test-utils/build/src/brokers';
import { becomesTrue } from '@queuetrace/test-utils/build/src/polling';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { CompressionCodecs, CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { withBinaries } from '../src/binaries';
import { startCollector, type Collector } from '../src/collector';
import { newSpanId, newTraceId, sendSpans, type SpanOptions } from '../src/otlp-json';

const TRACES = 20;
const TOPIC = uniqueName('spans');

// As the Collector compresses what it writes, and a real broker gives it out; kafkajs has no codec for it.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: () => Promise.reject(new Error('nothing is written here')),
  decompress: promisify(zstdDecompress),
});

describe('examples/collector, many machines', () => {
  const binaries = withBinaries();
  const broker = withBroker('kafka');
  let receivers: OtlpReceiver[];
  let collectors: Collector[];

  beforeEach(async () => {
    collectors = [];
    receivers = [await startOtlpReceiver(), await startOtlpReceiver()];
  });

  afterEach(async () => {
    await Promise.all(collectors.map(collector => collector.stop()));
    await Promise.all(receivers.map(receiver => receiver.stop()));
  });

  async function start(...[example, settings]: [Parameters<typeof startCollector>[1], Record<string, string>]) {
    const collector = await startCollector(binaries().otelcol, example, {
      KEEP_PERCENT: '0',
      DECISION_WAIT: '1s',
      GROUP_WAIT: '100ms',
      ...settings,
    });
    collectors.push(collector);
    return collector;
  }

  /** Sends failed orders, each half by one agent and half by the other, and ordinary ones. */
  async function sendOrders([first, second]: readonly Collector[]): Promise<void> {
    const failed = Array.from({ length: TRACES }, () => ({ traceId: newTraceId(), spanId: newSpanId() }));
    const ordinary = { traceId: newTraceId(), name: 'ordinary' };
    const sent = failed.map((ids): SpanOptions => ({ ...ids, name: 'send orders', kind: 'PRODUCER' }));
    const processed = failed.map(({ traceId, spanId }) => ({ traceId, parentSpanId: spanId, isError: true }));
    await sendSpans(first.url, 'shop', [...sent, ordinary]);
    await sendSpans(second.url, 'billing', processed);
  }

  /** Of each backend, the number of spans by trace. */
  const arrived = () =>
    receivers.map(receiver => {
      const counts = new Map<string, number>();
      for (const { traceId } of receiver.spans()) counts.set(traceId, (counts.get(traceId) ?? 0) + 1);
      return counts;
    });

  async function assertWholeTraces(): Promise<void> {
    const spans = () => receivers.reduce((sum, receiver) => sum + receiver.spans().length, 0);
    const isDone = await becomesTrue(() => spans() >= 2 * TRACES, 20_000);
    assert.ok(isDone, `${spans()} spans\n${collectors.map(({ log }) => log()).join('\n')}`);
    const [one, other] = arrived();
    assert.deepEqual(new Set([...one.values(), ...other.values()]), new Set([2]));
    assert.equal(one.size + other.size, TRACES);
    assert.ok(receivers.every(receiver => receiver.spans().every(({ name }) => name !== 'ordinary')));
  }

  it('brings each trace whole to one of two gateways, whichever agents its spans come from', async () => {
    const gateways = await Promise.all(receivers.map(({ url }) => start('gateway-tier', { BACKEND_ENDPOINT: url })));
    const settings = { GATEWAYS: `[${gateways.map(({ grpc }) => grpc).join(', ')}]` };
    await sendOrders([await start('agent', settings), await start('agent', settings)]);
    await assertWholeTraces();
    assert.ok(arrived().every(({ size }) => size > 0));
  });

  it('brings each trace whole through Kafka, by partition, and keeps it there while there is no gateway', async () => {
    const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
    await createTopic(kafka);
    const settings = { KAFKA_BROKERS: `[${broker.address}]`, KAFKA_TRACES_TOPIC: TOPIC };
    const send = async () => {
      await sendOrders([await start('agent-kafka', settings), await start('agent-kafka', settings)]);
      await start('gateway-kafka', { ...settings, BACKEND_ENDPOINT: receivers[0].url });
    };
    const [partitions] = await Promise.all([
      partitionsByKey(kafka, TRACES + 1, () => collectors.map(({ log }) => log()).join('\n')),
      send(),
    ]);
    assert.ok([...partitions.values()].every(({ size }) => size === 1));
    assert.ok(new Set([...partitions.values()].flatMap(ofKey => [...ofKey])).size > 1);
    await assertWholeTraces();
  });
});

async function createTopic(kafka: Kafka): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 4 }], waitForLeaders: true });
  await admin.disconnect();
}

/** Of each key that both agents have written. */
async function partitionsByKey(kafka: Kafka, keys: number, log: () => string): Promise<Map<string, Set<number>>> {
  const partitions = new Map<string, Set<number>>();
  let records = 0;
  const consumer = kafka.consumer({ groupId: uniqueName('test'), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      records += 1;
      const key = String(message.key);
      partitions.set(key, (partitions.get(key) ?? new Set()).add(partition));
    },
  });
  // A record of each agent for each failed order, and one for the ordinary.
  const isDone = await becomesTrue(() => records >= 2 * keys - 1, 20_000);
  await consumer.disconnect();
  assert.ok(isDone && partitions.size === keys, `${records} records, ${partitions.size} keys\n${log()}`);
  return partitions;
}
