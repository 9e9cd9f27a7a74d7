import { diag } from '@opentelemetry/api';

/** Runs our own code where a failure must not reach the app: it becomes a `diag` line, and undefined. */
export function guarded<T>(doing: string, fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    return tellFailure(doing, error);
  }
}

/** The same for a `catch` where {@link guarded} would make a function for each message. */
export function tellFailure(doing: string, error: unknown): undefined {
  diag.error(`queuetrace: ${doing} failed`, error);
  return undefined;
}
