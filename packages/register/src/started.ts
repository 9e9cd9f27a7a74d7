/** What is known in a process of the distribution that was started there: under `Symbol.for('queuetrace.register.v1')`. */
export interface Started {
  readonly version: string;
  /** Undefined where it is switched off, or could not be started. */
  sdk?: { checkExporters(): Promise<CheckedEndpoint[]> };
}

/** An endpoint that telemetry goes to, and what is wrong with it. */
export interface CheckedEndpoint {
  readonly url: string;
  readonly problem?: string;
}
