interface Entry<Key, Value> {
  readonly key: Key;
  readonly value: Value;
  previous?: Entry<Key, Value>;
  next?: Entry<Key, Value>;
}

/** In the order of the last `set`. Finds its oldest entry at once: a Map's iterator passes all that was deleted before it. */
export class OrderedMap<Key, Value> {
  private readonly _entries = new Map<Key, Entry<Key, Value>>();
  private _oldest?: Entry<Key, Value>;
  private _newest?: Entry<Key, Value>;

  get size(): number {
    return this._entries.size;
  }

  get oldest(): { readonly key: Key; readonly value: Value } | undefined {
    return this._oldest;
  }

  get(key: Key): Value | undefined {
    return this._entries.get(key)?.value;
  }

  set(key: Key, value: Value): void {
    const known = this._entries.get(key);
    if (known) this._takeOut(known);
    const entry: Entry<Key, Value> = { key, value, previous: this._newest, next: undefined };
    if (this._newest) this._newest.next = entry;
    else this._oldest = entry;
    this._newest = entry;
    this._entries.set(key, entry);
  }

  /** @returns what was there */
  delete(key: Key): Value | undefined {
    const entry = this._entries.get(key);
    if (!entry) return undefined;
    this._entries.delete(key);
    this._takeOut(entry);
    return entry.value;
  }

  *keys(): Generator<Key> {
    for (let entry = this._oldest, next = entry?.next; entry; entry = next, next = entry?.next) yield entry.key;
  }

  /** Takes out the oldest ones, as long as they are meant. */
  *takeWhile(isMeant: (key: Key, value: Value) => boolean): Generator<Value> {
    for (let entry = this._oldest; entry && isMeant(entry.key, entry.value); entry = this._oldest) {
      this.delete(entry.key);
      yield entry.value;
    }
  }

  private _takeOut(entry: Entry<Key, Value>): void {
    const { previous, next } = entry;
    if (previous) previous.next = next;
    else this._oldest = next;
    if (next) next.previous = previous;
    else this._newest = previous;
    // One that has grown old would keep alive the one behind it, and that the next, until all of them are old.
    entry.previous = entry.next = undefined;
  }
}
