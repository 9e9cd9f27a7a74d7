import { format } from 'node:util';
import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api';
import type { Variables } from './environment/variables';

const LEVELS = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
};

/** `OTEL_LOG_LEVEL`: all on standard error, since standard output is the app's. Not set: nothing. */
export function logDiagnostics(variables: Variables): void {
  const level = variables.oneOf(Object.keys(LEVELS) as (keyof typeof LEVELS)[], 'OTEL_LOG_LEVEL');
  if (level) diag.setLogger(STANDARD_ERROR, { logLevel: LEVELS[level], suppressOverrideMessage: true });
}

const STANDARD_ERROR: DiagLogger = {
  error: line('error'),
  warn: line('warn'),
  info: line('info'),
  debug: line('debug'),
  verbose: line('verbose'),
};

function line(level: string) {
  return (...args: unknown[]) => void process.stderr.write(`opentelemetry ${level}: ${format(...args)}\n`);
}
