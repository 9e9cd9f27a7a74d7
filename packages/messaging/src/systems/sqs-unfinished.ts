import type { ActiveOperation } from '../active-operation';
import { OrderedMap, type Placed } from '../ordered-map';
import { MAX_TIMER_MS } from '../timer';

/** So many at once; the one that waits longest ends first. */
const MAX_PROCESSES = 10_000;

interface Unfinished extends Placed<object, Unfinished> {
  readonly process: ActiveOperation;
  /** When its message is visible again, as `performance.now()`. */
  endsAtMs: number;
}

/**
 * Process operations whose step in a loop is over while what it started may go on. Each ends when its message is
 * settled, or visible again: for that there is one timer.
 */
export class UnfinishedProcesses {
  private readonly _unfinished = new OrderedMap<object, Unfinished>();
  private _timer?: NodeJS.Timeout;
  private _firesAtMs = Infinity;

  /** @param message what stands for the message here and in `end` */
  add(message: object, process: ActiveOperation, endsAtMs: number): void {
    this._unfinished.set({ key: message, process, endsAtMs });
    if (this._unfinished.size > MAX_PROCESSES) this.end(this._unfinished.oldest!.key);
    this._arm(endsAtMs);
  }

  /** A new deadline. */
  extend(message: object, endsAtMs: number): void {
    const unfinished = this._unfinished.get(message);
    if (!unfinished) return;
    unfinished.endsAtMs = endsAtMs;
    this._arm(endsAtMs);
  }

  end(message: object): void {
    this._unfinished.delete(message)?.process.end();
  }

  private _arm(atMs: number): void {
    if (atMs >= this._firesAtMs) return;
    clearTimeout(this._timer);
    this._firesAtMs = atMs;
    const delayMs = Math.min(Math.max(0, atMs - performance.now()), MAX_TIMER_MS);
    this._timer = setTimeout(() => this._expire(), delayMs);
    this._timer.unref();
  }

  private _expire(): void {
    this._firesAtMs = Infinity;
    const nowMs = performance.now();
    let nextMs = Infinity;
    for (const message of [...this._unfinished.keys()]) {
      const { endsAtMs = Infinity } = this._unfinished.get(message) ?? {};
      if (endsAtMs <= nowMs) this.end(message);
      else nextMs = Math.min(nextMs, endsAtMs);
    }
    if (nextMs < Infinity) this._arm(nextMs);
  }
}
