import type { Delivery } from './delivery';

interface State {
  /** How to start the process operation of a message that was received but not yet handled. */
  readonly deliveries: WeakMap<object, Delivery>;
  /** Lines that were told already. */
  readonly reported: Set<string>;
  /** Set where the configuration was read from a file: then the environment does not count. */
  file?: ConfigurationFile;
}

/** What a configuration file says, checked already. */
export interface ConfigurationFile {
  /** Options by client; `messaging` has those of all clients. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  /** What the file says in the words of OpenTelemetry's own environment variables. */
  readonly environment: Environment;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const KEY = Symbol.for('queuetrace.v1');

/**
 * What every copy of this package in a process shares: the preload's bundle, and the copy that the app imports
 * for a public function.
 */
export const state: State = ((globalThis as { [KEY]?: State })[KEY] ??= {
  deliveries: new WeakMap(),
  reported: new Set(),
});

/** The environment that counts: with a configuration file, what is set outside of it is not read. */
export function environment(): Environment {
  return state.file?.environment ?? process.env;
}
