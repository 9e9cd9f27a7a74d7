import type { Instrumentation } from '@opentelemetry/instrumentation';
import { load } from './library';
import { isContrib, isOurs, type Mode } from './modes';

/** Of each mode's own packages only those are loaded. */
export function instrument(mode: Mode): readonly Instrumentation[] {
  if (isContrib(mode)) return contrib();
  return isOurs(mode) ? ours() : [];
}

function contrib(): Instrumentation[] {
  const { KafkaJsInstrumentation } = load(
    '@opentelemetry/instrumentation-kafkajs',
  ) as typeof import('@opentelemetry/instrumentation-kafkajs');
  const { AmqplibInstrumentation } = load(
    '@opentelemetry/instrumentation-amqplib',
  ) as typeof import('@opentelemetry/instrumentation-amqplib');
  const { AwsInstrumentation } = load(
    '@opentelemetry/instrumentation-aws-sdk',
  ) as typeof import('@opentelemetry/instrumentation-aws-sdk');
  return [new KafkaJsInstrumentation(), new AmqplibInstrumentation(), new AwsInstrumentation()];
}

function ours(): Instrumentation[] {
  const { KafkaJsInstrumentation } = load(
    '@queuetrace/instrumentation-kafkajs',
  ) as typeof import('@queuetrace/instrumentation-kafkajs');
  const { AmqplibInstrumentation } = load(
    '@queuetrace/instrumentation-amqplib',
  ) as typeof import('@queuetrace/instrumentation-amqplib');
  const { SqsInstrumentation } = load(
    '@queuetrace/instrumentation-aws-sdk-client-sqs',
  ) as typeof import('@queuetrace/instrumentation-aws-sdk-client-sqs');
  return [new KafkaJsInstrumentation(), new AmqplibInstrumentation(), new SqsInstrumentation()];
}
