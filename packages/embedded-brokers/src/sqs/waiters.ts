import { epochMs } from '../clock';
/** Long polls that wait for something to happen in a queue. */
export class Waiters {
  private readonly waiting = new Set<() => void>();

  /** Resolves at the given time, or earlier when woken or aborted. */
  wait(until: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      // One millisecond more: a timer may fire a little before its time by the clock.
      const timer = setTimeout(done, until - epochMs() + 1).unref();
      this.waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  wake(): void {
    for (const done of [...this.waiting]) done();
  }
}
