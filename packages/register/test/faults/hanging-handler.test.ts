import assert from 'node:assert/strict';
import { startOtlpReceiver, uniqueName, withBroker, type OtlpReceiver } from '@queuetrace/test-utils';
import { appLines, ourLines } from '../preloaded';
import { SYSTEMS } from './clients';
import { assertTold, idsOf, KILL_AFTER_MS, lastOf, spansOf, startShop } from './child-shop';

const STUCK = 'stuck';
const TIMEOUTS = {
  OTEL_INSTRUMENTATION_AMQPLIB_CONSUME_TIMEOUT_MS: '300',
  OTEL_INSTRUMENTATION_SQS_PROCESS_TIMEOUT_MS: '300',
};

/** What becomes of the span of a handler that never comes back; Kafka has no time after which a message is given up. */
const ENDS: Readonly<Record<string, { error?: string } | undefined>> = {
  kafka: undefined,
  rabbitmq: { error: 'settlement_timeout' },
  aws_sqs: {},
};

for (const system of SYSTEMS) {
  describe(`a handler of ${system} that hangs`, () => {
    const broker = withBroker(system);
    let receiver: OtlpReceiver;

    beforeEach(async () => {
      receiver = await startOtlpReceiver();
    });
    afterEach(() => receiver.stop());

    const processed = (id: string) => spansOf(receiver, id).filter(({ kind }) => kind === 'CONSUMER');

    it('holds nobody else up and the end of the process neither; it is in flight, or its span has ended once, when its time was over', async () => {
      const plain = await startShop([system, broker.address, uniqueName('orders'), STUCK]);
      plain.signal('SIGTERM');
      const app = await startShop([system, broker.address, uniqueName('orders'), STUCK], receiver, TIMEOUTS);
      const end = ENDS[system];
      const over = [...idsOf(1), ...(end ? [STUCK] : [])];
      await receiver.waitFor(() => over.every(id => processed(id).length > 0));
      app.signal('SIGTERM');
      const [expected, result] = await Promise.all([plain.ended, app.ended]);
      assert.deepEqual(
        [result.code, result.signal, result.stdout, ourLines(result), appLines(result)],
        [expected.code, expected.signal, expected.stdout, [], appLines(expected)],
      );
      assert.equal(result.signal, 'SIGTERM');

      assertTold(receiver, idsOf(1));
      const told = processed(STUCK).map(({ attributes }) => ({ error: attributes['error.type'] }));
      assert.deepEqual(told, end ? [{ error: undefined, ...end }] : []);
      assert.equal(lastOf(receiver, 'messaging.client.inflight.messages'), end ? 0 : 1);
    }).timeout(KILL_AFTER_MS);
  });
}
