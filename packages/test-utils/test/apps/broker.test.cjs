// Needs a broker of the kind that BROKER_UNDER_TEST names.
const assert = require('node:assert/strict');
const { withBroker } = require('@queuetrace/test-utils');

describe('with a broker', () => {
  const broker = withBroker(process.env.BROKER_UNDER_TEST);

  it('knows its address', () => {
    assert.match(broker.address, /:\d+/);
    console.log(`address ${broker.address}, embedded ${broker.embedded}`);
  });
});
