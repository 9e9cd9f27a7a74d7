import { OrderedMap, type Placed } from './ordered-map';

/** Longer than SQS can hide a message, which is 12 hours. */
const MAX_AGE_MS = 24 * 3600 * 1000;

interface Limits {
  /** So many entries at most; 0: nothing is kept. */
  max: number;
  /** Milliseconds. Default: a day. */
  maxAgeMs?: number;
  /** Told of each entry that was dropped before anybody deleted it. */
  onDropped?(): void;
}

interface Entry<Value> extends Placed<string, Entry<Value>> {
  value: Value;
  setAtMs: number;
}

/** What was set last, by a text. The oldest are dropped beyond the cap, and beyond their age. */
export class RecentMap<Value> {
  private readonly _entries = new OrderedMap<string, Entry<Value>>();

  constructor(private readonly _limits: Limits) {}

  get isEmpty(): boolean {
    return this._entries.size === 0;
  }

  get(key: string): Value | undefined {
    const entry = this._entries.get(key);
    if (!entry) return undefined;
    if (!this._isOld(entry)) return entry.value;
    this._drop(key);
    return undefined;
  }

  set(key: string, value: Value, nowMs = performance.now()): void {
    const { max } = this._limits;
    if (max === 0) return;
    this._entries.set({ key, value, setAtMs: nowMs, previous: undefined, next: undefined });
    for (let { oldest } = this._entries; oldest; { oldest } = this._entries) {
      if (this._entries.size <= max && !this._isOld(oldest, nowMs)) break;
      this._drop(oldest.key);
    }
  }

  delete(key: string): void {
    this._entries.delete(key);
  }

  deleteAll(isMeant: (key: string) => boolean): void {
    for (const key of this._entries.keys()) if (isMeant(key)) this._entries.delete(key);
  }

  private _isOld({ setAtMs }: Entry<Value>, nowMs = performance.now()): boolean {
    return nowMs - setAtMs > (this._limits.maxAgeMs ?? MAX_AGE_MS);
  }

  private _drop(key: string): void {
    this._entries.delete(key);
    this._limits.onDropped?.();
  }
}
