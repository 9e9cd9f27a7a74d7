import { BundledFiles } from './bundled-files';
import { Deliveries } from './deliveries';
import type { MessagingMetrics } from './metrics';
import type { MessagingTelemetry } from './telemetry';

interface State {
  /** How to start the process operation of a message that was received but not yet handled. */
  readonly deliveries: Deliveries;
  /** Of the instrumentations that are on, by the client's short name. */
  readonly telemetries: Map<string, MessagingTelemetry<never>>;
  /** What was counted in this process, by what its series are made of: a series is told by one instrument only. */
  readonly metrics: Map<string, MessagingMetrics>;
  /** Lines that were told already. */
  readonly reported: Set<string>;
  /** Our wrappers on prototypes and exports, with the switch of the instrumentation that they belong to. */
  readonly wrappers: WeakMap<object, { readonly isOn: boolean; readonly copy: object }>;
  /** What of the libraries is inside of the app's bundle. */
  readonly bundled: BundledFiles;
  /** Which library was patched and how: `kafkajs 2.2.4 patched (as it was loaded)`. */
  readonly patched: Set<string>;
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
  deliveries: new Deliveries(),
  telemetries: new Map(),
  metrics: new Map(),
  reported: new Set(),
  wrappers: new WeakMap(),
  bundled: new BundledFiles(),
  patched: new Set(),
});

/** The environment that counts: with a configuration file, what is set outside of it is not read. */
export function environment(): Environment {
  return state.file?.environment ?? process.env;
}
