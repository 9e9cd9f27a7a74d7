import { readFileSync } from 'node:fs';
import type { ConfigurationModel } from '@opentelemetry/configuration';
import {
  configurationFileOf,
  nearest,
  readModel,
  report,
  SECTIONS_PATH,
  state,
  type Environment,
} from '@queuetrace/messaging';
import { logDiagnostics, type LogLevel } from '../diag-logger';
import { DEFAULT_SHUTDOWN_TIMEOUT_MS, type Settings } from '../settings';
import { REGISTER, reportUnknownSections } from './unknown-sections';

const TIMEOUT = 'shutdown_timeout';

/** What `OTEL_CONFIG_FILE` says; undefined where it says nothing that can be used, or that nothing is to be started. */
export function settingsFromFile(file: string, env: Environment): Settings | undefined {
  const model = readModel(file, 'The app runs untraced.') as ConfigurationModel | undefined;
  if (!model) return undefined;
  reportIgnoredVariables(file, env);
  if (model.disabled) return undefined;
  logDiagnostics(logLevel(model));
  if (!model.propagator) report(`OTEL_CONFIG_FILE ${file}: without a propagator no trace goes on through a message.`);
  state.file = configurationFileOf(file, model);
  reportUnknownSections(state.file);
  return { model: withSharedLimits(model), shutdownTimeoutMs: shutdownTimeoutMs(model) };
}

/** As the specification says, they are not read beside a file; but one that the file itself asks for is. */
function reportIgnoredVariables(file: string, env: Environment): void {
  const text = readFileSync(file, 'utf8');
  const ignored = Object.keys(env).filter(
    name =>
      name.startsWith('OTEL_') &&
      name !== 'OTEL_CONFIG_FILE' &&
      env[name] &&
      !new RegExp(`\\{(env:)?${name}\\b`).test(text),
  );
  if (ignored.length === 0) return;
  const names = ignored.sort().join(', ');
  report(`OTEL_CONFIG_FILE is set, so the file is all that is read, and not: ${names}.`);
}

/** The names of the file are those of log records, each with four degrees. */
function logLevel({ log_level }: ConfigurationModel): LogLevel | undefined {
  const name = log_level?.replace(/\d$/, '');
  if (name === 'fatal') return 'error';
  return name === 'trace' ? 'verbose' : (name as LogLevel | undefined);
}

/** The limits of one signal count more. */
function withSharedLimits(model: ConfigurationModel): ConfigurationModel {
  const { attribute_limits: shared, tracer_provider, logger_provider } = model;
  if (!shared) return model;
  return {
    ...model,
    tracer_provider: tracer_provider && { ...tracer_provider, limits: { ...shared, ...tracer_provider.limits } },
    logger_provider: logger_provider && { ...logger_provider, limits: { ...shared, ...logger_provider.limits } },
  };
}

function shutdownTimeoutMs(model: ConfigurationModel): number {
  const section = (model['instrumentation/development']?.js?.[REGISTER] ?? {}) as Record<string, unknown>;
  const path = `${SECTIONS_PATH}.${REGISTER}`;
  for (const key of Object.keys(section).filter(one => one !== TIMEOUT)) {
    const hint = nearest(key, [TIMEOUT]) ? `did you mean ${TIMEOUT}?` : `allowed: ${TIMEOUT}.`;
    report(`${path}.${key}: there is no ${key}; ${hint} It is ignored.`);
  }
  const value = section[TIMEOUT] ?? DEFAULT_SHUTDOWN_TIMEOUT_MS;
  if (Number.isInteger(value) && (value as number) >= 0) return value as number;
  report(`${path}.${TIMEOUT} is ${JSON.stringify(value)}; allowed: milliseconds, 0 or more. It is ignored.`);
  return DEFAULT_SHUTDOWN_TIMEOUT_MS;
}
