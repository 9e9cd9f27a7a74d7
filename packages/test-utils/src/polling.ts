import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 10;

/** Resolves true once the condition holds, false when it does not within the time. */
export async function becomesTrue(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() >= deadline) return false;
    await delay(INTERVAL_MS);
  }
  return true;
}
