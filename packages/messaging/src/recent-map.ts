/** What was set last, by a text. The oldest are forgotten beyond the cap. */
export class RecentMap<Value> {
  private readonly _values = new Map<string, Value>();

  constructor(private readonly _max: number) {}

  get(key: string): Value | undefined {
    return this._values.size === 0 ? undefined : this._values.get(key);
  }

  set(key: string, value: Value): void {
    // Set anew, so that the order of the map is that of the last times.
    this._values.delete(key);
    this._values.set(key, value);
    if (this._values.size > this._max) this._values.delete(this._values.keys().next().value!);
  }

  delete(key: string): void {
    this._values.delete(key);
  }
}
