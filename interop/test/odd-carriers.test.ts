import assert from 'node:assert/strict';
import { withBroker, type OtlpSpan, type System } from '@queuetrace/test-utils';
import { languages } from '../src/languages';
import { ODD_SENDERS, runOddCarriers, SENDER, type OddCarrier } from '../src/odd-carriers';

const { folders } = languages;

for (const [system, { peer, carriers }] of Object.entries(ODD_SENDERS)) {
  describe(`an odd context from ${peer.name}`, () => {
    const broker = withBroker(system as System);
    let processOf: (carrier: OddCarrier) => OtlpSpan;

    before(async function () {
      if (!folders.has(peer.language)) this.skip();
      this.timeout(120_000);
      processOf = await runOddCarriers(system as System, broker.address, folders);
    });

    for (const carrier of carriers) {
      it(`leads ${carrier.leads ? 'to its sender' : 'to nobody'}: ${carrier.what}`, () => {
        const { traceId, parentSpanId, links } = processOf(carrier);
        if (!carrier.leads) return assert.deepEqual([parentSpanId, links], ['', []]);
        assert.deepEqual([traceId, parentSpanId], [SENDER.traceId, SENDER.spanId]);
        return assert.deepEqual(
          links.map(({ spanId }) => spanId),
          [SENDER.spanId],
        );
      });
    }
  });
}
