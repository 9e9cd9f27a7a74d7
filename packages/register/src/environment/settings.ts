import type { Environment } from '@queuetrace/messaging';
import { LOG_LEVELS, logDiagnostics } from '../diag-logger';
import { DEFAULT_SHUTDOWN_TIMEOUT_MS, type Settings } from '../settings';
import { configurationFromEnvironment } from './configuration';
import { reportUnusedSamplerOptions } from './sampler';
import { reportUnknownOptions } from './unknown-options';
import { Variables } from './variables';

/** What the OTEL_* environment says. */
export function settingsFromEnvironment(env: Environment): Settings {
  const variables = new Variables(env);
  logDiagnostics(variables.oneOf(LOG_LEVELS, 'OTEL_LOG_LEVEL'));
  reportUnknownOptions(env);
  reportUnusedSamplerOptions(env);
  const model = configurationFromEnvironment(variables);
  const shutdownTimeoutMs = variables.count(0, 'OTEL_MQ_SHUTDOWN_TIMEOUT') ?? DEFAULT_SHUTDOWN_TIMEOUT_MS;
  variables.reportMisspelt();
  return { model, shutdownTimeoutMs };
}
