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
  /** What `OTEL_CONFIG_FILE` says: then the environment does not count. Null where that was read and cannot be used. */
  file?: ConfigurationFile | null;
}

/** What a configuration file says to us. */
export interface ConfigurationFile {
  readonly path: string;
  /** Of `instrumentation/development.js`: by client, by its package, and `messaging` for all clients. */
  readonly sections: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
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
