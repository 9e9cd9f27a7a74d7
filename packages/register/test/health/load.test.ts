import {
  startOtlpReceiver,
  uniqueName,
  withBroker,
  type OtlpHistogram,
  type OtlpPoint,
  type OtlpReceiver,
} from '@queuetrace/test-utils';
import assert from 'node:assert/strict';
import { runPreloaded } from '../preloaded';

interface Bounds {
  min: number;
  max: number;
}

/** What the load knows of the messages of one destination (apps/load/tally.cjs). */
interface Tally {
  sends: number;
  sent: number;
  deliveries: number;
  failures: number;
  redeliveries: number;
  deadLettersSent: number;
  queueTimeMs: Bounds;
  processingMs: Bounds;
}

interface Load {
  orders: Tally;
  deadLetters: Tally;
}

interface System {
  app: string;
  deadLettersOf: (destination: string) => string;
  /** A pull counts what it gives, before anything of it can fail. */
  isPulled?: boolean;
  /** The app sends dead letters by itself, so that it is seen. */
  sendsDeadLetters?: boolean;
  /** Each of these is a failure, as nothing is thrown. */
  failureTypes: string[];
}

const SYSTEMS: Record<'kafka' | 'rabbitmq' | 'aws_sqs', System> = {
  kafka: { app: 'kafka.cjs', deadLettersOf: topic => `${topic}.dlq`, sendsDeadLetters: true, failureTypes: ['Error'] },
  rabbitmq: { app: 'rabbitmq.cjs', deadLettersOf: queue => `${queue}.dlq`, failureTypes: ['nack', 'reject'] },
  aws_sqs: { app: 'sqs.cjs', deadLettersOf: queue => `${queue}-dlq`, isPulled: true, failureTypes: ['Error'] },
};

/** The points of one destination, summed over what else tells them apart. */
class Points {
  constructor(
    private readonly _points: readonly OtlpPoint[],
    private readonly _destination: string,
  ) {}

  sum(name: string, isMeant: (point: OtlpPoint) => boolean = () => true): number {
    return this._of(name, isMeant).reduce((sum, { value }) => sum + (value as number), 0);
  }

  histogram(name: string, isMeant: (point: OtlpPoint) => boolean = () => true): { count: number; sum: number } {
    const values = this._of(name, isMeant).map(({ value }) => value as OtlpHistogram);
    const total = (key: 'count' | 'sum') => values.reduce((sum, value) => sum + value[key], 0);
    return { count: total('count'), sum: total('sum') };
  }

  private _of(name: string, isMeant: (point: OtlpPoint) => boolean): OtlpPoint[] {
    const isHere = ({ attributes }: OtlpPoint) => attributes['messaging.destination.name'] === this._destination;
    return this._points.filter(point => point.name === name && isHere(point) && isMeant(point));
  }
}

const isSend = ({ attributes }: OtlpPoint) => /^(send|publish)$/.test(String(attributes['messaging.operation.name']));
const hasError = ({ attributes }: OtlpPoint) => attributes['error.type'] !== undefined;

function assertWithin({ min, max }: Bounds, value: number, what: string): void {
  assert.ok(min <= value && value <= max, `${what}: ${value}, and the load knows of ${min} to ${max}`);
}

function assertCounted(points: Points, tally: Tally, { isPulled }: System): void {
  const failed = isPulled ? 0 : tally.failures;
  const expected = {
    sends: tally.sends,
    sent: tally.sent,
    consumed: tally.deliveries,
    'consumed, failed': failed,
    processed: tally.deliveries,
    'processed, failed': tally.failures,
    redelivered: tally.redeliveries,
    'in flight': 0,
  };
  const counted = {
    sends: points.histogram('messaging.client.operation.duration', isSend).count,
    sent: points.sum('messaging.client.sent.messages'),
    consumed: points.sum('messaging.client.consumed.messages'),
    'consumed, failed': points.sum('messaging.client.consumed.messages', hasError),
    processed: points.histogram('messaging.process.duration').count,
    'processed, failed': points.histogram('messaging.process.duration', hasError).count,
    redelivered: points.sum('messaging.client.redelivered.messages'),
    'in flight': points.sum('messaging.client.inflight.messages'),
  };
  assert.deepEqual(counted, expected);
  assertWithin(tally.processingMs, points.histogram('messaging.process.duration').sum * 1000, 'processing time');
}

for (const [name, system] of Object.entries(SYSTEMS) as [keyof typeof SYSTEMS, System][]) {
  describe(`the metrics of a scripted load on ${name}`, () => {
    const broker = withBroker(name);
    let receiver: OtlpReceiver;

    beforeEach(async () => {
      receiver = await startOtlpReceiver();
    });
    afterEach(() => receiver.stop());

    for (const [how, sampler] of Object.entries({ sampled: 'always_on', unsampled: 'always_off' })) {
      it(`are its own numbers, ${how}`, async () => {
        const destination = uniqueName('load');
        const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER: sampler };
        const result = await runPreloaded(`load/${system.app}`, { args: [broker.address, destination], env });
        assert.equal(result.code, 0, result.stderr);
        assert.equal(receiver.spans().length > 0, sampler === 'always_on');

        const { orders, deadLetters } = JSON.parse(result.stdout) as Load;
        const points = new Points(receiver.metrics(), destination);
        assertCounted(points, orders, system);
        const queueTime = points.histogram('messaging.queue_time');
        assert.equal(queueTime.count, orders.sent, 'first deliveries');
        assertWithin(orders.queueTimeMs, queueTime.sum, 'queue time');
        const failures = receiver.metrics().filter(({ name }) => name === 'messaging.process.duration');
        const types = new Set(failures.filter(hasError).map(({ attributes }) => attributes['error.type']));
        assert.deepEqual([...types].sort(), system.failureTypes);

        const deadPoints = new Points(receiver.metrics(), system.deadLettersOf(destination));
        assertCounted(deadPoints, deadLetters, system);
        const told = deadPoints.sum('messaging.client.dead_lettered.messages', point => !isSend(point));
        const sent = deadPoints.sum('messaging.client.dead_lettered.messages', isSend);
        assert.deepEqual([told, sent], [orders.deadLettersSent, system.sendsDeadLetters ? orders.deadLettersSent : 0]);
        assert.ok(orders.failures > 0 && orders.redeliveries > 0 && orders.deadLettersSent > 0, 'the load is one');
      });
    }
  });
}
