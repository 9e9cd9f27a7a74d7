import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Addresses } from './case';

/** Real brokers, as `scripts/brokers start` starts them. */
export function realBrokers(): Addresses {
  const { KAFKA_BROKERS, RABBITMQ_URL, SQS_ENDPOINT } = process.env;
  return {
    kafka: KAFKA_BROKERS?.split(',')[0] ?? '127.0.0.1:9092',
    rabbitmq: RABBITMQ_URL ?? 'amqp://guest:guest@127.0.0.1:5672',
    sqs: SQS_ENDPOINT ?? 'http://127.0.0.1:9324',
  };
}

/** In a process of their own, whose CPU time is not counted. */
export async function startEmbeddedBrokers(): Promise<{ addresses: Addresses; stop(): void }> {
  const main = require.resolve('@queuetrace/embedded-brokers').replace(/index\.js$/, 'main.js');
  const child = spawn('node', [main, 'kafka', 'amqp', 'sqs'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const found = new Map<string, string>();
  for await (const line of createInterface(child.stdout)) {
    const [name, address] = line.split(/: | \(/);
    found.set(name, address);
    if (found.size === 3) break;
  }
  const [kafka, rabbitmq, sqs] = ['kafka', 'amqp', 'sqs'].map(name => found.get(name)!);
  return { addresses: { kafka, rabbitmq, sqs }, stop: () => void child.kill() };
}
