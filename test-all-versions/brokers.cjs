// The brokers that the apps talk to: embedded ones, or the real ones at the addresses that `npm run test:real` has too.
'use strict';
const {
  startAmqpBroker,
  startKafkaBroker,
  startSqsServer,
} = require('../packages/embedded-brokers/build/src/index.js');

const { KAFKA_BROKERS, RABBITMQ_URL, SQS_ENDPOINT, QUEUETRACE_BROKERS } = process.env;
const isReal = QUEUETRACE_BROKERS === 'real';

const BROKERS = {
  kafkajs: { start: startKafkaBroker, address: KAFKA_BROKERS ?? '127.0.0.1:9092' },
  amqplib: { start: startAmqpBroker, address: RABBITMQ_URL ?? 'amqp://guest:guest@127.0.0.1:5672' },
  '@aws-sdk/client-sqs': { start: startSqsServer, address: SQS_ENDPOINT ?? 'http://127.0.0.1:9324' },
};

exports.startBroker = async function startBroker(client) {
  const { start, address } = BROKERS[client];
  return isReal ? { address, stop: async () => {} } : start();
};

/** The embedded SQS speaks JSON only, as clients do since 3.447. */
exports.isTalkedTo = (client, version) =>
  isReal || client !== '@aws-sdk/client-sqs' || Number(version.split('.')[1]) >= 447;
