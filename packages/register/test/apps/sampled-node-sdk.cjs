// The same with an SDK of the app's own, and the sampler by code.
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { queuetrace } = require('@queuetrace/register/instrumentations');
const { MessagingSampler } = require('@queuetrace/register/sampler');

const sampler = new MessagingSampler({
  destinations: { '*-orders': 1, '*-copies': 1, '*-receipts': 0 },
  drop: ['*-health'],
  root: 0,
});
const sdk = new NodeSDK({ sampler, instrumentations: queuetrace() });
sdk.start();
process.once('beforeExit', () => void sdk.shutdown());
require('./sampled.cjs');
