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

interface Entry<Value> {
  key: string;
  value: Value;
  setAtMs: number;
  older?: Entry<Value>;
  newer?: Entry<Value>;
}

/**
 * What was set last, by a text. The oldest are dropped beyond the cap, and beyond their age. They are a list beside the
 * map: to look for the first key of a Map walks over all that were deleted before it.
 */
export class RecentMap<Value> {
  private readonly _entries = new Map<string, Entry<Value>>();
  private _oldest?: Entry<Value>;
  private _newest?: Entry<Value>;

  constructor(private readonly _limits: Limits) {}

  get isEmpty(): boolean {
    return this._entries.size === 0;
  }

  get(key: string): Value | undefined {
    const entry = this._entries.get(key);
    if (!entry) return undefined;
    if (!this._isOld(entry)) return entry.value;
    this._drop(entry);
    return undefined;
  }

  set(key: string, value: Value): void {
    if (this._limits.max === 0) return;
    // Set anew, so that the order is that of the last times.
    this.delete(key);
    this._append({ key, value, setAtMs: performance.now() });
    while (this._oldest && (this._entries.size > this._limits.max || this._isOld(this._oldest)))
      this._drop(this._oldest);
  }

  delete(key: string): void {
    const entry = this._entries.get(key);
    if (entry) this._remove(entry);
  }

  deleteAll(isMeant: (key: string) => boolean): void {
    for (const key of this._entries.keys()) if (isMeant(key)) this.delete(key);
  }

  private _isOld({ setAtMs }: Entry<Value>): boolean {
    return performance.now() - setAtMs > (this._limits.maxAgeMs ?? MAX_AGE_MS);
  }

  private _append(entry: Entry<Value>): void {
    this._entries.set(entry.key, entry);
    entry.older = this._newest;
    if (this._newest) this._newest.newer = entry;
    this._newest = entry;
    this._oldest ??= entry;
  }

  private _remove({ key, older, newer }: Entry<Value>): void {
    this._entries.delete(key);
    if (older) older.newer = newer;
    else this._oldest = newer;
    if (newer) newer.older = older;
    else this._newest = older;
  }

  private _drop(entry: Entry<Value>): void {
    this._remove(entry);
    this._limits.onDropped?.();
  }
}
