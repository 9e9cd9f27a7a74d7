import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 10;

/** Where many tests are to fail, as with another instrumentation in ours' place, nobody waits long for each. */
const MAX_WAIT_MS = Number(process.env.QUEUETRACE_MAX_WAIT_MS ?? Infinity);

/** Resolves true once the condition holds, false when it does not within the time. */
export async function becomesTrue(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + Math.min(timeoutMs, MAX_WAIT_MS);
  while (!condition()) {
    if (performance.now() >= deadline) return false;
    await delay(INTERVAL_MS);
  }
  return true;
}
