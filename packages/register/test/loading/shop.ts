import path from 'node:path';
import { uniqueName, withBroker, type AppOptions, type AppResult, type OtlpReceiver } from '@queuetrace/test-utils';
import { runPreloaded } from '../preloaded';

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

/** Call it in a describe body. */
export function withShop() {
  const brokers = [withBroker('kafka'), withBroker('rabbitmq'), withBroker('aws_sqs')];
  /** What every app of the shop is given. */
  const addresses = () => [...brokers.map(({ address }) => address), uniqueName('orders')];
  return {
    addresses,
    run: (app: string, receiver: OtlpReceiver, options: AppOptions = {}): Promise<AppResult> =>
      runPreloaded(path.join('loading', app), {
        args: addresses(),
        ...options,
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...options.env },
      }),
  };
}

/** What arrived of our telemetry. */
export function told(receiver: OtlpReceiver): string[] {
  return receiver
    .spans()
    .filter(({ scope }) => scope.startsWith('@queuetrace/'))
    .map(({ scope, kind, name }) => `${scope.replace(/.*instrumentation-/, '')} ${kind} ${name.split(' ')[0]}`)
    .sort();
}
