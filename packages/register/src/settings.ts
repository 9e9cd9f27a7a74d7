import type { ConfigurationModel } from '@opentelemetry/configuration';

/** All that the distribution is started with, whatever it was read from. */
export interface Settings {
  readonly model: ConfigurationModel;
  readonly shutdownTimeoutMs: number;
}

export const DEFAULT_SHUTDOWN_TIMEOUT_MS = 2_000;
