import type { Script } from '../script';

type System = 'kafka' | 'rabbitmq' | 'aws_sqs';

interface Entry {
  system: System;
  /** Loads the library, and no other. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each client has actors of its own.
  load(): Promise<Script<any>>;
}

/** One file for each client. */
export const scripts: Readonly<Record<string, Entry>> = {
  kafkajs: { system: 'kafka', load: async () => (await import('./kafkajs/index.js')).kafkajs },
  amqplib: { system: 'rabbitmq', load: async () => (await import('./amqplib/index.js')).amqplib },
  'amqplib/callback_api': {
    system: 'rabbitmq',
    load: async () => (await import('./amqplib/index.js')).amqplibWithCallbacks,
  },
  'amqp-connection-manager': {
    system: 'rabbitmq',
    load: async () => (await import('./amqp-connection-manager.js')).amqpConnectionManager,
  },
  rascal: { system: 'rabbitmq', load: async () => (await import('./rascal.js')).rascal },
  'client-sqs': { system: 'aws_sqs', load: async () => (await import('./client-sqs/index.js')).clientSqs },
  'sqs-consumer': { system: 'aws_sqs', load: async () => (await import('./sqs-consumer.js')).sqsConsumer },
};
