import assert from 'node:assert/strict';
import { startOtlpReceiver } from '@queuetrace/test-utils';
import { scripts } from '../src';
import { differences, perform } from './performances';

/** Of these, telemetry must have come: else two plain runs would be compared. */
const MIN_SPANS = 10;

const everythingOn = {
  OTEL_SEMCONV_STABILITY_OPT_IN: 'messaging/dup',
  OTEL_INSTRUMENTATION_MESSAGING_PRODUCER_SPANS: 'message',
  OTEL_INSTRUMENTATION_MESSAGING_SETTLE_SPANS: 'all',
  OTEL_INSTRUMENTATION_MESSAGING_HEADERS_INCLUDED: '*',
  OTEL_INSTRUMENTATION_MESSAGING_BODY_SIZE: 'true',
};

describe('on embedded brokers only: an app notices nothing of us', () => {
  let total = 0;
  after(() => console.log(`    ${total} rows in the differential suite`));

  for (const client of Object.keys(scripts)) {
    it(`${client}: results, errors, arguments, bytes on the wire and unhandled rejections are equal`, async function () {
      this.timeout(300_000);
      const receiver = await startOtlpReceiver();
      const traced = (env: Record<string, string>) => ({
        nodeArgs: ['--require', '@queuetrace/register'],
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env },
      });
      try {
        const plain = await perform(client, 'plain');
        total += plain.rows.length;
        for (const [side, env] of Object.entries({ traced: {}, 'traced with everything on': everythingOn })) {
          const before = receiver.spans().length;
          assert.deepEqual(differences(plain, await perform(client, side, traced(env))), [], side);
          assert.ok(receiver.spans().length > before + MIN_SPANS, `${side}: ${receiver.spans().length} spans`);
        }
      } finally {
        await receiver.stop();
      }
    });
  }
});
