import assert from 'node:assert/strict';
import { startOtlpReceiver, uniqueName, withBroker, type Failure, type OtlpReceiver } from '@queuetrace/test-utils';
import { SYSTEMS } from './clients';
import { assertTold, handled, KILL_AFTER_MS, idsOf, spansOf, startShop } from './child-shop';

/** Sooner than the default, to wait less. */
const TIMEOUTS = { OTEL_EXPORTER_OTLP_TIMEOUT: '2000', OTEL_METRICS_EXPORTER: 'none' };

const FAILURES: Readonly<Record<string, Failure>> = { 'does not answer': 'hang', 'answers with 500': 500 };

for (const system of SYSTEMS) {
  describe(`${system} while the collector fails`, () => {
    const broker = withBroker(system);
    let receiver: OtlpReceiver;

    beforeEach(async () => {
      receiver = await startOtlpReceiver();
    });
    afterEach(() => receiver.stop());

    for (const [how, failure] of Object.entries(FAILURES)) {
      it(`loses no message where it ${how}, and no span from before and after, and has none twice`, async () => {
        const plain = await startShop([system, broker.address, uniqueName('orders')]);
        const app = await startShop([system, broker.address, uniqueName('orders')], receiver, TIMEOUTS);
        await receiver.waitFor(() => idsOf(1).every(id => spansOf(receiver, id).length >= 2));

        receiver.fail(failure);
        const { traces } = receiver.requests();
        for (const shop of [plain, app]) shop.signal('SIGUSR2');
        await Promise.all([plain, app].map(shop => shop.waitFor(handled(2))));
        await receiver.waitFor(() => receiver.requests().traces > traces);
        receiver.fail(undefined);

        for (const shop of [plain, app]) shop.signal('SIGUSR2');
        await Promise.all([plain, app].map(shop => shop.waitFor(handled(3))));
        await receiver.waitFor(() => idsOf(3).every(id => spansOf(receiver, id).length >= 2));
        for (const shop of [plain, app]) shop.signal('SIGHUP');
        const [expected, result] = await Promise.all([plain.ended, app.ended]);
        assert.deepEqual(
          [result.code, result.signal, result.stdout],
          [expected.code, expected.signal, expected.stdout],
        );

        assertTold(receiver, [...idsOf(1), ...idsOf(3)]);
        const ids = receiver.spans().map(({ spanId }) => spanId);
        assert.equal(new Set(ids).size, ids.length, 'a span came twice');
      }).timeout(KILL_AFTER_MS);
    }
  });
}
