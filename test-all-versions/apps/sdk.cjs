// Loaded before the app, as a user writes it: the SDK of this folder, and our instrumentations by name.
'use strict';
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { AmqplibInstrumentation } = require('@queuetrace/instrumentation-amqplib');
const { KafkaJsInstrumentation } = require('@queuetrace/instrumentation-kafkajs');
const { SqsInstrumentation } = require('@queuetrace/instrumentation-aws-sdk-client-sqs');

const sdk = new NodeSDK({
  instrumentations: [new KafkaJsInstrumentation(), new AmqplibInstrumentation(), new SqsInstrumentation()],
});
sdk.start();
process.once('beforeExit', () => void sdk.shutdown());
