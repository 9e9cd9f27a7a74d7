import { format } from 'node:util';
import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api';

const LEVELS = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
};

export type LogLevel = keyof typeof LEVELS;
export const LOG_LEVELS = Object.keys(LEVELS) as LogLevel[];

/** All on standard error, since standard output is the app's. No level: nothing. */
export function logDiagnostics(level: LogLevel | undefined): void {
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
