import * as assert from 'node:assert/strict';
import { runMocha } from './mocha-run';

describe('root hooks', () => {
  it('fail the test that leaks, and let the others run', async () => {
    const { code, stdout } = await runMocha('leaky.test.cjs');
    assert.equal(code, 4);
    assert.match(stdout, /4 failing/);
    assert.match(stdout, /leaks a context:\s+Error: the test leaked its active context/);
    assert.match(stdout, /ends a span twice:\s+Error: span "doubled" was ended twice/);
    assert.match(stdout, /announces a span that never was:\s+Error: expected 1 unended spans, found 0/);
    assert.match(stdout, /makes an attribute up:\s+Error: span "made up": unknown attribute messaging.made.up/);
    assert.match(stdout, /is clean/);
  });
});
