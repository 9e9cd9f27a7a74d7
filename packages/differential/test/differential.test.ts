import assert from 'node:assert/strict';
import { compare, gapsOf, scripts, type Performance } from '../src';

/** Of these, telemetry must have come: else two plain runs would be compared. */
const MIN_SPANS = 10;

describe('on embedded brokers only: an app notices nothing of us', () => {
  const plain: Record<string, Performance> = {};

  for (const client of Object.keys(scripts)) {
    it(`${client}: results, errors, arguments, bytes on the wire and unhandled rejections are equal`, async function () {
      this.timeout(300_000);
      const comparison = await compare(client);
      plain[client] = comparison.plain;
      for (const { side, differences, spans } of comparison.traced) {
        assert.deepEqual(differences, [], side);
        assert.ok(spans > MIN_SPANS, `${side}: ${spans} spans`);
      }
    });
  }

  it('each public method of each client has a row', () => {
    const gaps = Object.entries(gapsOf(plain));
    for (const [client, { unplayed, unknown }] of gaps)
      assert.deepEqual({ unplayed, unknown }, { unplayed: [], unknown: [] }, client);
    const rows = Object.values(plain).reduce((sum, { rows }) => sum + rows.length, 0);
    const methods = gaps.reduce((sum, [, { methods }]) => sum + methods.length, 0);
    console.log(`    ${rows} rows in the differential suite, for ${methods} public methods`);
  });
});
