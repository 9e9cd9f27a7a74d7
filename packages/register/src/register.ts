import { VERSION } from './version';

/** The distribution starts once in a process, however often and from wherever it is preloaded. */
const STARTED = Symbol.for('queuetrace.register.v1');

/* eslint-disable @typescript-eslint/no-require-imports -- a process that is not traced loads nothing. */
if (process.env.OTEL_SDK_DISABLED?.trim().toLowerCase() !== 'true' && !(STARTED in globalThis)) {
  Object.defineProperty(globalThis, STARTED, { value: VERSION });
  try {
    (require('./start') as typeof import('./start')).start(process.env);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`queuetrace: not started, the app runs without telemetry: ${reason}\n`);
  }
}
