import { setTimeout as delay } from 'node:timers/promises';
import type { FaultProxy } from '@queuetrace/test-utils';

type Fault = (proxy: FaultProxy) => unknown;

/** What a network does; each is over when the proxy heals. */
const FAULTS: Readonly<Record<string, Fault>> = {
  reset: proxy => proxy.reset(),
  cut: proxy => proxy.cut(),
  slow: proxy => proxy.slow(200),
  'half-open': proxy => proxy.halfOpen(),
  away: proxy => proxy.refuse(),
};

/** One fault after another, at one broker after another, until told to stop. */
export function startFaults(
  proxies: readonly FaultProxy[],
  { everyMs, lastsMs }: { everyMs: number; lastsMs: number },
) {
  const counts: Record<string, number> = Object.fromEntries(Object.keys(FAULTS).map(name => [name, 0]));
  const stop = new AbortController();
  const names = Object.keys(FAULTS);
  async function run(): Promise<void> {
    for (let turn = 0; !stop.signal.aborted; turn++) {
      await delay(everyMs, undefined, { signal: stop.signal });
      const proxy = proxies[turn % proxies.length];
      const name = names[Math.floor(turn / proxies.length) % names.length];
      counts[name]++;
      await FAULTS[name](proxy);
      try {
        await delay(lastsMs, undefined, { signal: stop.signal });
      } finally {
        await proxy.heal();
      }
    }
  }
  const running = run().catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
  return {
    counts,
    async stop() {
      stop.abort();
      await running;
    },
  };
}
