// Registers the single classes with the app's own SDK, when the libraries are loaded and clients are made.
const kafkajs = require('kafkajs');
const amqplib = require('amqplib');
const sqs = require('@aws-sdk/client-sqs');
const { kafkaOf, order, sqsOf } = require('./orders.cjs');

const addresses = process.argv.slice(2);
const clients = { kafka: kafkaOf(kafkajs, addresses[0]), sqs: sqsOf(sqs, addresses[2]) };

const { NodeSDK } = require('@opentelemetry/sdk-node');
const { AmqplibInstrumentation } = require('@queuetrace/instrumentation-amqplib');
const { SqsInstrumentation } = require('@queuetrace/instrumentation-aws-sdk-client-sqs');
const { KafkaJsInstrumentation } = require('@queuetrace/instrumentation-kafkajs');

const instrumentations = [new KafkaJsInstrumentation(), new AmqplibInstrumentation(), new SqsInstrumentation()];
const sdk = new NodeSDK({ instrumentations });
sdk.start();
void order({ kafkajs, amqplib, sqs }, addresses, clients).finally(() => sdk.shutdown());
