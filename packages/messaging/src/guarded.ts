import { diag } from '@opentelemetry/api';

/** Runs our own code where a failure must not reach the app: it becomes a `diag` line, and undefined. */
export function guarded<T>(doing: string, fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    diag.error(`queuetrace: ${doing} failed`, error);
    return undefined;
  }
}
