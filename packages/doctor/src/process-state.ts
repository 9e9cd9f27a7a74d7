/** What queuetrace knows of itself in a process, whichever copies of it are there. */
export interface ProcessState {
  /** Clients that are on, by their short names. */
  readonly clients: readonly string[];
  /** `kafkajs 2.2.4 patched (as it was loaded)` and the like. */
  readonly patched: readonly string[];
  /** Lines that the user was told. */
  readonly told: readonly string[];
}

interface Shared {
  readonly telemetries: ReadonlyMap<string, unknown>;
  readonly patched?: ReadonlySet<string>;
  readonly reported: ReadonlySet<string>;
}

/** Undefined where queuetrace was not started, or is switched off. */
export function processState(): ProcessState | undefined {
  const shared = (globalThis as { [key: symbol]: unknown })[Symbol.for('queuetrace.v1')] as Shared | undefined;
  if (!shared) return undefined;
  return {
    clients: [...shared.telemetries.keys()],
    patched: [...(shared.patched ?? [])],
    told: [...shared.reported],
  };
}

/** Where telemetry goes, and what is wrong with it. */
export interface Endpoint {
  readonly url: string;
  readonly problem?: string;
}

/** Asks the preload of this process, where there is one that can say so. */
export async function checkedEndpoints(): Promise<Endpoint[]> {
  const preload = (globalThis as { [key: symbol]: unknown })[Symbol.for('queuetrace.register.v1')] as
    { sdk?: { checkExporters?(): Promise<Endpoint[]> } } | undefined;
  return (await preload?.sdk?.checkExporters?.()) ?? [];
}
