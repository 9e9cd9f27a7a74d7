import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { startAmqpBroker, startKafkaBroker, startSqsServer, type EmbeddedBroker } from '@queuetrace/embedded-brokers';

export interface Brokers {
  /** What the services need to find them. */
  env: Record<string, string>;
  stop(): Promise<unknown>;
}

/** In-memory stand-ins, so that the demo needs nothing but Node.js. */
export async function startEmbeddedBrokers(): Promise<Brokers> {
  const brokers: EmbeddedBroker[] = await Promise.all([startKafkaBroker(), startAmqpBroker(), startSqsServer()]);
  const [kafka, rabbitmq, sqs] = brokers;
  console.log(
    'Brokers: embedded in-memory stand-ins for Kafka, RabbitMQ and SQS (real ones: npm run demo -- --brokers real)',
  );
  return {
    env: { KAFKA_BROKERS: kafka.address, RABBITMQ_URL: rabbitmq.address, SQS_ENDPOINT: sqs.address, DEMO_RUN: '' },
    stop: () => Promise.all(brokers.map(broker => broker.stop())),
  };
}

const COMMAND = path.resolve(__dirname, '../../../../scripts/brokers');

/** Real brokers at the addresses of `scripts/brokers`, which starts what is not up; or where the environment says. */
export function realBrokers(): Brokers {
  const { status } = spawnSync(COMMAND, ['start'], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${COMMAND} start failed; what it printed says why`);
  const {
    KAFKA_BROKERS = '127.0.0.1:9092',
    RABBITMQ_URL = 'amqp://guest:guest@127.0.0.1:5672',
    SQS_ENDPOINT = 'http://127.0.0.1:9324',
  } = process.env;
  console.log(`Brokers: Kafka at ${KAFKA_BROKERS}, RabbitMQ at ${new URL(RABBITMQ_URL).host}, SQS at ${SQS_ENDPOINT}`);
  const run = `-${Date.now().toString(36)}`;
  return { env: { KAFKA_BROKERS, RABBITMQ_URL, SQS_ENDPOINT, DEMO_RUN: run }, stop: () => Promise.resolve() };
}
