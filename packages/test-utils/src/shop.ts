import path from 'node:path';
import { uniqueName, withBroker } from './brokers';
import type { OtlpReceiver } from './otlp-receiver';

/** The shop's telemetry of one order through each broker, each operation once. */
export const EVERYTHING = [
  'amqplib CONSUMER consume',
  'amqplib PRODUCER publish',
  'aws-sdk-client-sqs CLIENT receive',
  'aws-sdk-client-sqs CONSUMER process',
  'aws-sdk-client-sqs PRODUCER send',
  'kafkajs CONSUMER process',
  'kafkajs PRODUCER send',
];

/** Apps that send one order through each broker, as the preload's package has them: `shop.cjs`, `shop.mjs`, … */
export function shopApp(name: string): string {
  return path.resolve(__dirname, '../../../register/test/apps/loading', name);
}

/** What every app of the shop is given, by a function. Call it in a describe body. */
export function withShopAddresses(): () => string[] {
  const brokers = [withBroker('kafka'), withBroker('rabbitmq'), withBroker('aws_sqs')];
  return () => [...brokers.map(({ address }) => address), uniqueName('orders')];
}

/** What arrived of our telemetry. */
export function told(receiver: OtlpReceiver): string[] {
  return receiver
    .spans()
    .filter(({ scope }) => scope.startsWith('@queuetrace/'))
    .map(({ scope, kind, name }) => `${scope.replace(/.*instrumentation-/, '')} ${kind} ${name.split(' ')[0]}`)
    .sort();
}
