import type { Instrumentation } from '@opentelemetry/instrumentation';
import { OPTIONS, report, resolveConfig, type MessagingConfig } from '@queuetrace/messaging';
import { CLIENTS, CLIENT_NAMES, type ClientName } from './clients';
import { nearest } from './nearest';

/** Options for all clients, and for each its own; `false` leaves a client's library wholly alone. */
export type QueuetraceConfig = MessagingConfig & { [Name in ClientName]?: MessagingConfig | boolean };

const SHARED = [...Object.keys(OPTIONS), 'sendHook', 'receiveHook', 'processHook', 'settleHook'];

/**
 * The instrumentations of all clients that are on, for `new NodeSDK({ instrumentations: queuetrace() })`.
 * One that is off is not made at all: registering would enable it again.
 */
export function queuetrace(config: QueuetraceConfig = {}): Instrumentation[] {
  const shared = sharedOptions(config);
  return CLIENT_NAMES.flatMap(name => {
    const merged = { ...shared, ...ownOptions(name, config[name]) };
    return resolveConfig(name, merged).enabled ? [CLIENTS[name](merged)] : [];
  });
}

function sharedOptions(config: QueuetraceConfig): MessagingConfig {
  const isClient = (key: string) => (CLIENT_NAMES as string[]).includes(key);
  const [known, unknown] = [[], []] as [string[], string[]];
  for (const key of Object.keys(config).filter(key => !isClient(key)))
    (SHARED.includes(key) ? known : unknown).push(key);
  for (const key of unknown) {
    const near = nearest(key, [...CLIENT_NAMES, ...SHARED]);
    const hint = near ? ` Did you mean ${near}?` : '';
    report(`queuetrace(): there is no client or option ${key}; the clients are ${CLIENT_NAMES.join(', ')}.${hint}`);
  }
  return Object.fromEntries(known.map(key => [key, config[key as keyof MessagingConfig]]));
}

function ownOptions(name: ClientName, own: QueuetraceConfig[ClientName] | null): MessagingConfig {
  if (typeof own === 'boolean') return { enabled: own };
  if (typeof own === 'object' || own === undefined) return own ?? {};
  report(
    `queuetrace(): ${name} is ${JSON.stringify(own)}; allowed: an object of options, true or false. It is ignored.`,
  );
  return {};
}
