import { Kafka, logLevel } from 'kafkajs';
import { kafkaBrokers } from './shop';

const retry = { initialRetryTime: 50, maxRetryTime: 200, retries: 8 };

export const kafka = (service: string) =>
  new Kafka({ clientId: service, brokers: kafkaBrokers, logLevel: logLevel.NOTHING, retry });

/** Short waits, so that the demo need not sit through a long poll. */
export const consumerConfig = (groupId: string) => ({ groupId, maxWaitTimeInMs: 100, retry });
