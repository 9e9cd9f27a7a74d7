/** In-memory Kafka, AMQP 0-9-1 and SQS+SNS servers over real sockets: stand-ins for tests and the demo. */
export type { EmbeddedBroker } from './server';
export { startKafkaBroker, type KafkaBrokerOptions } from './kafka/broker';
export { startAmqpBroker } from './amqp/broker';
export { startSqsServer } from './sqs/server';
