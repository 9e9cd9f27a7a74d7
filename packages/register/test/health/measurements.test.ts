import { trace, type Context } from '@opentelemetry/api';
import { MeterProvider, MetricReader, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { AmqplibInstrumentation } from '@queuetrace/instrumentation-amqplib';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { connect } from 'amqplib';
import assert from 'node:assert/strict';
import { KafkaShop } from '../stories/kafka-shop';

const HOUR_MS = 3600 * 1000;

/** Sees in which context each measurement of an instrument is made, as an SDK with exemplars does. */
class MeasuredSpans {
  private readonly _contexts: [instrument: string, context: Context][] = [];
  readonly views: ViewOptions[];

  constructor(instruments: readonly string[]) {
    this.views = instruments.map(instrumentName => ({
      instrumentName,
      attributesProcessors: [
        {
          process: (attributes, context) => {
            if (context) this._contexts.push([instrumentName, context]);
            return attributes;
          },
        },
      ],
    }));
  }

  /** By instrument, the names of the spans. */
  get names(): string[] {
    const named = this._contexts.map(([instrument, context]) => {
      const id = trace.getSpanContext(context)?.spanId;
      return `${instrument}: ${telemetry.spans().find(span => span.spanContext().spanId === id)?.name}`;
    });
    return named.sort();
  }
}

class PullReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

describe('a duration and a queue time', () => {
  const broker = withBroker('rabbitmq');
  const [amqplib] = telemetry.register(new AmqplibInstrumentation());

  it('are measured in the context of their own span', async () => {
    const measured = new MeasuredSpans([
      'messaging.client.operation.duration',
      'messaging.process.duration',
      'messaging.queue_time',
    ]);
    amqplib.setMeterProvider(new MeterProvider({ readers: [new PullReader()], views: measured.views }));
    const connection = await connect(broker.address);
    const channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue(uniqueName('work'), { autoDelete: true });
    channel.sendToQueue(queue, Buffer.from('x'), { timestamp: Math.floor(Date.now() / 1000) });
    const handled = Promise.withResolvers<void>();
    await channel.consume(queue, message => {
      channel.ack(message!);
      handled.resolve();
    });
    await handled.promise;
    await connection.close();
    amqplib.setMeterProvider(telemetry.meterProvider);
    await telemetry.waitForSpans(2);
    assert.deepEqual(measured.names, [
      `messaging.client.operation.duration: publish ${queue}`,
      `messaging.process.duration: consume ${queue}`,
      `messaging.queue_time: consume ${queue}`,
    ]);
  });
});

describe('a queue time', () => {
  const broker = withBroker('kafka');
  telemetry.register(new KafkaJsInstrumentation());
  const shop = new KafkaShop(() => broker.address);
  afterEach(() => shop.close());

  const OFFSETS_MS = {
    'below 0 is counted as skewed, and not recorded': [HOUR_MS / 2, 0],
    'of more than seven days is counted as skewed, and not recorded': [-7 * 24 * HOUR_MS - HOUR_MS, 0],
    'of nearly seven days is recorded': [-7 * 24 * HOUR_MS + HOUR_MS, 1],
  } as const;
  for (const [which, [offsetMs, counted]] of Object.entries(OFFSETS_MS)) {
    it(which, async () => {
      const topic = uniqueName('orders');
      await shop.open([topic]);
      const handled = Promise.withResolvers<void>();
      const consumer = await shop.consume(topic, async () => handled.resolve());
      const timestamp = String(Date.now() + offsetMs);
      await shop.producer.send({ topic, messages: [{ value: 'an order', timestamp }] });
      await handled.promise;
      await consumer.disconnect();
      const points = async (name: string) =>
        (await telemetry.metric(name)).filter(({ attributes }) => attributes['messaging.destination.name'] === topic);
      const [skewed] = await points('messaging.queue_time.skewed');
      const [recorded] = await points('messaging.queue_time');
      assert.deepEqual([recorded?.count ?? 0, skewed?.value ?? 0], [counted, 1 - counted]);
      const queueTimeMs = telemetry.span(`process ${topic}`).attributes['messaging.queue_time_ms'];
      assert.equal(queueTimeMs === undefined, counted === 0);
    });
  }
});
