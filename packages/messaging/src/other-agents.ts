import Module from 'node:module';
import path from 'node:path';

/** A vendor's agent that traces the same libraries, and leaves no mark on what it patches. */
interface OtherAgent {
  /** What it calls the libraries of our clients; a client that it does not trace is missing. */
  readonly names: Readonly<Record<string, string>>;
  /** The variable that turns one off, and what it is set to. */
  setting(name: string): readonly [variable: string, value: string];
}

const OTHER_AGENTS: Readonly<Record<string, OtherAgent>> = {
  'dd-trace': {
    names: { kafkajs: 'kafkajs', amqplib: 'amqplib', sqs: 'aws-sdk' },
    setting: name => ['DD_TRACE_DISABLED_INSTRUMENTATIONS', name],
  },
  newrelic: {
    names: { kafkajs: 'KAFKAJS', amqplib: 'AMQPLIB' },
    setting: name => [`NEW_RELIC_INSTRUMENTATION_${name}_ENABLED`, 'false'],
  },
  'elastic-apm-node': {
    names: { kafkajs: 'kafkajs', sqs: '@smithy/smithy-client' },
    setting: name => ['ELASTIC_APM_DISABLE_INSTRUMENTATIONS', name],
  },
  '@instana/collector': {
    names: { kafkajs: 'kafkajs', amqplib: 'amqp', sqs: 'aws-sdk/v3' },
    setting: name => ['INSTANA_TRACING_DISABLE_INSTRUMENTATIONS', name],
  },
};

export const OTHER_AGENT_NAMES = Object.keys(OTHER_AGENTS);

/** What tells this agent to leave these clients to us: `VARIABLE=value`; undefined where it does not trace them, or is told so. */
export function settingAgainst(agent: string, clients: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  const { names, setting } = OTHER_AGENTS[agent];
  const values = new Map<string, string[]>();
  for (const client of clients.filter(one => names[one])) {
    const [variable, value] = setting(names[client]);
    if (!env[variable]?.includes(value)) values.set(variable, [...(values.get(variable) ?? []), value]);
  }
  return [...values].map(([variable, list]) => `${variable}=${list.join(',')}`).join(' ') || undefined;
}

/** The agents that are loaded in this process. */
export function loadedAgents(): string[] {
  const { _cache: cache } = Module as unknown as { _cache: Record<string, unknown> };
  const files = Object.keys(cache);
  return OTHER_AGENT_NAMES.filter(name => {
    const folder = path.normalize(`/node_modules/${name}/`);
    return files.some(file => file.includes(folder));
  });
}
