import { OTHER_AGENT_NAMES, settingAgainst } from '@queuetrace/messaging';
import type { AppFolder } from './app-folder';
import { note, type Finding } from './finding';

/** Those that are OpenTelemetry's own, or made of it, by what turns theirs off. */
const OPENTELEMETRY: Readonly<Record<string, string>> = {
  '@opentelemetry/auto-instrumentations-node':
    'OTEL_NODE_DISABLED_INSTRUMENTATIONS=kafkajs,amqplib,aws-sdk turns theirs off, with OTEL_INSTRUMENTATION_KAFKAJS_ENABLED=true, …_AMQPLIB_… and …_SQS_… for ours',
  '@opentelemetry/instrumentation-kafkajs': 'do not register its KafkaJsInstrumentation',
  '@opentelemetry/instrumentation-amqplib': 'do not register its AmqplibInstrumentation',
  '@opentelemetry/instrumentation-aws-sdk':
    'do not register its AwsInstrumentation, where SQS and SNS are all that is used',
  '@sentry/node': 'leave the integrations Kafka and Amqplib out of those that Sentry.init() has',
};

/** Where both are on, a message has two spans; that they are installed does not say that they are on. */
export function examineOthers(app: AppFolder, clientsOn: readonly string[], env: NodeJS.ProcessEnv): Finding[] {
  const vendors = OTHER_AGENT_NAMES.map(name => [name, settingAgainst(name, clientsOn, env) ?? ''] as const);
  return [...Object.entries(OPENTELEMETRY), ...vendors]
    .filter(([name, remedy]) => remedy && app.isDeclared(name))
    .map(([name, remedy]) =>
      note(`${name} traces these libraries too: where both are on, messages have two spans`, remedy),
    );
}
