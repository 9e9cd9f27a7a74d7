import type { Instrumentation } from '@opentelemetry/instrumentation';
import { nameTable, type MessagingConfig } from '@queuetrace/messaging';

/* eslint-disable @typescript-eslint/no-require-imports -- a client that is off is not even loaded. */
const kafkajs = () =>
  require('@queuetrace/instrumentation-kafkajs') as typeof import('@queuetrace/instrumentation-kafkajs');
const amqplib = () =>
  require('@queuetrace/instrumentation-amqplib') as typeof import('@queuetrace/instrumentation-amqplib');
const sqs = () =>
  require('@queuetrace/instrumentation-aws-sdk-client-sqs') as typeof import('@queuetrace/instrumentation-aws-sdk-client-sqs');

/** The clients by their short names: the names of the environment, of YAML and of `queuetrace()`. */
export const CLIENTS = {
  kafkajs: (config: MessagingConfig): Instrumentation => new (kafkajs().KafkaJsInstrumentation)(config),
  amqplib: (config: MessagingConfig): Instrumentation => new (amqplib().AmqplibInstrumentation)(config),
  sqs: (config: MessagingConfig): Instrumentation => new (sqs().SqsInstrumentation)(config),
};

export type ClientName = keyof typeof CLIENTS;
export const CLIENT_NAMES = Object.keys(CLIENTS) as ClientName[];

/** The names under which a configuration file may have them as well. */
export const CLIENT_PACKAGES: Readonly<Record<ClientName, string>> = {
  kafkajs: '@queuetrace/instrumentation-kafkajs',
  amqplib: '@queuetrace/instrumentation-amqplib',
  sqs: '@queuetrace/instrumentation-aws-sdk-client-sqs',
};

/** What else people call them. */
export const CLIENT_ALIASES = nameTable<ClientName>({
  kafka: 'kafkajs',
  rabbitmq: 'amqplib',
  amqp: 'amqplib',
  aws_sqs: 'sqs',
});
