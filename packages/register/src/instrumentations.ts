import type { Instrumentation } from '@opentelemetry/instrumentation';
import {
  didYouMean,
  environment,
  noEffect,
  OPTIONS,
  report,
  resolveConfig,
  shown,
  type MessagingConfig,
  type Option,
} from '@queuetrace/messaging';
import { CLIENT_ALIASES, CLIENT_NAMES, CLIENT_PACKAGES, CLIENTS, type ClientName } from './clients';

/** Options for all clients, and for each its own; `false` leaves a client's library wholly alone. */
export type QueuetraceConfig = MessagingConfig & { [Name in ClientName]?: MessagingConfig | boolean };

const SHARED = [...Object.keys(OPTIONS), 'sendHook', 'receiveHook', 'processHook', 'settleHook'];

/**
 * The instrumentations of all clients that are on, for `new NodeSDK({ instrumentations: queuetrace() })`.
 * One that is off is not made at all: registering would enable it again.
 */
export function queuetrace(config: QueuetraceConfig = {}): Instrumentation[] {
  const given = checkedObject(config);
  const shared = sharedOptions(given);
  return CLIENT_NAMES.flatMap(name => {
    const merged = { ...shared, ...ownOptions(name, given[name]) };
    return resolveConfig(name, merged, environment(), CLIENT_PACKAGES[name]).enabled ? [CLIENTS[name](merged)] : [];
  });
}

function checkedObject(config: unknown): QueuetraceConfig {
  if (typeof config === 'object' && config !== null) return config;
  report(`queuetrace(): the configuration is ${shown(config)}; allowed: an object. It is ignored.`);
  return {};
}

function sharedOptions(config: QueuetraceConfig): MessagingConfig {
  const isClient = (key: string) => (CLIENT_NAMES as string[]).includes(key);
  const [known, unknown] = [[], []] as [string[], string[]];
  for (const key of Object.keys(config).filter(key => !isClient(key)))
    (SHARED.includes(key) ? known : unknown).push(key);
  for (const key of unknown) {
    const alias = CLIENT_ALIASES[key.toLowerCase()];
    const near = alias ? ` Did you mean ${alias}?` : didYouMean(key, [...CLIENT_NAMES, ...SHARED]);
    report(
      `queuetrace(): there is no client or option ${key}; the clients are ${CLIENT_NAMES.join(', ')}. It is ignored.${near}`,
    );
  }
  return Object.fromEntries(known.map(key => [key, config[key as keyof MessagingConfig]]));
}

function ownOptions(name: ClientName, own: QueuetraceConfig[ClientName] | null): MessagingConfig {
  if (typeof own === 'boolean') return { enabled: own };
  if (typeof own === 'object' || own === undefined) {
    reportNoEffect(name, own ?? {});
    return own ?? {};
  }
  report(`queuetrace(): ${name} is ${shown(own)}; allowed: an object of options, true or false. It is ignored.`);
  return {};
}

function reportNoEffect(name: ClientName, own: MessagingConfig): void {
  const set = Object.entries<Option<unknown>>(OPTIONS).filter(
    ([key]) => own[key as keyof MessagingConfig] !== undefined,
  );
  for (const [key, option] of set) {
    const line = noEffect(`queuetrace(): ${name}.${key}`, name, option);
    if (line) report(line);
  }
}
