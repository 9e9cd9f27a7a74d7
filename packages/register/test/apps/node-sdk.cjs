// Registers the instrumentations with the app's own SDK, then is the same app as the one given.
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { queuetrace } = require('@queuetrace/register/instrumentations');

const [app, ...args] = process.argv.slice(2);
const sdk = new NodeSDK({ instrumentations: queuetrace({ amqplib: false }) });
sdk.start();
process.once('beforeExit', () => void sdk.shutdown());
process.argv = [...process.argv.slice(0, 2), ...args];
void import(`./${app}`);
