import type { Started } from './started';
import { VERSION } from './version';

/** The distribution starts once in a process, however often and from wherever it is preloaded. */
const STARTED = Symbol.for('queuetrace.register.v1');

/** With a configuration file, it is the file that says so. */
const { OTEL_CONFIG_FILE, OTEL_SDK_DISABLED } = process.env;
const isDisabled = !OTEL_CONFIG_FILE?.trim() && OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true';

/* eslint-disable @typescript-eslint/no-require-imports -- a process that is not traced loads nothing. */
if (!isDisabled && !(STARTED in globalThis)) {
  const started: Started = { version: VERSION };
  Object.defineProperty(globalThis, STARTED, { value: started });
  try {
    started.sdk = (require('./start') as typeof import('./start')).start(process.env);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`queuetrace: not started, the app runs without telemetry: ${reason}\n`);
  }
}
