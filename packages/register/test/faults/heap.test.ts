import assert from 'node:assert/strict';
import { startOtlpReceiver, uniqueName, withBroker, type OtlpReceiver } from '@queuetrace/test-utils';
import { REQUIRE, runPreloaded } from '../preloaded';
import { KILL_AFTER_MS, lastOf } from './child-shop';
import { SYSTEMS } from './clients';

/** More than anything that is remembered has room for. */
const ORDERS = 10_500;
const HEAP = '--max-old-space-size=96';

/** What is remembered of each message, or of each destination, and must have been dropped by then. */
const DROPPED: Readonly<Record<string, readonly string[]>> = {
  kafka: [],
  rabbitmq: ['attempts'],
  aws_sqs: ['attempts', 'received_messages'],
};

for (const system of SYSTEMS) {
  describe(`${system} with little memory`, () => {
    const broker = withBroker(system);
    let receiver: OtlpReceiver;

    beforeEach(async () => {
      receiver = await startOtlpReceiver();
    });
    afterEach(() => receiver.stop());

    it('loses no message, though as much is remembered as ever is', async () => {
      const { code, stdout, stderr } = await runPreloaded('faults/heap.cjs', {
        args: [system, broker.address, uniqueName('orders'), String(ORDERS)],
        nodeArgs: [HEAP, ...REQUIRE],
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_METRIC_EXPORT_INTERVAL: '3600000' },
        killAfterMs: KILL_AFTER_MS,
      });
      assert.equal(code, 0, stderr);
      const { sent, handled, deliveries } = JSON.parse(stdout) as Record<string, number>;
      assert.deepEqual([sent, handled], [ORDERS, ORDERS]);
      // What the app was never done with is in flight.
      const told = ['messaging.process.duration', 'messaging.client.inflight.messages'];
      assert.equal(
        told.reduce((sum, metric) => sum + lastOf(receiver, metric), 0),
        deliveries,
      );

      const dropped = receiver.metrics().filter(({ name }) => name === 'messaging.client.memory.dropped');
      const memories = new Set(dropped.map(({ attributes }) => attributes['messaging.client.memory']));
      assert.deepEqual([...memories].sort(), DROPPED[system]);
    }).timeout(KILL_AFTER_MS);
  });
}
