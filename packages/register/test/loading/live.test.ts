import assert from 'node:assert/strict';
import { withShopAddresses } from '@queuetrace/test-utils';
import { runPlain } from '../preloaded';

describe('clients that are in use', () => {
  const addresses = withShopAddresses();

  it('follow providers, switches and options of their instrumentations at any time', async () => {
    const { stdout, stderr, code } = await runPlain('loading/live.cjs', { args: addresses() });
    assert.equal(code, 0, stderr);
    const steps = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as [string, ...[spans: number, messages: number][]]);
    assert.deepEqual(steps, [
      ['no provider', [0, 0], [0, 0]],
      // What is counted is counted from the start, whoever is told.
      ['the first provider', [3, 6], [0, 0]],
      ['the second provider', [0, 6], [3, 9]],
      ['switched off', [0, 6], [0, 9]],
      ['switched on', [0, 6], [3, 12]],
      ['all destinations ignored', [0, 6], [0, 12]],
      ['none ignored', [0, 6], [3, 15]],
      ['without metrics', [0, 6], [3, 15]],
    ]);
  });
});
