import type { Attributes, Observable, ObservableResult } from '@opentelemetry/api';

/**
 * What an instrument has counted since the process began, by series, told when metrics are collected: to add here costs
 * a hundredth of an SDK's `add`, which writes the attributes out each time to find the series.
 */
export class Sum {
  /** By the one attributes object that a series has. */
  private readonly _values = new Map<Attributes, number>();
  /** Of series that have no such object. */
  private readonly _attributes = new Map<string, Attributes>();
  /** Of those the last: what is counted next tends to be the same. */
  private _last?: { asked: Attributes; known: Attributes };
  private _instrument?: Observable;
  private readonly _observe = (result: ObservableResult) => {
    for (const [attributes, value] of this._values) result.observe(value, attributes);
  };

  add(attributes: Attributes, count: number): void {
    this._values.set(attributes, (this._values.get(attributes) ?? 0) + count);
  }

  /** As {@link add}, for attributes that are alike and not the same: for what is rare and has few series. */
  addTo(attributes: Attributes, count: number): void {
    if (this._last?.asked !== attributes) {
      const key = JSON.stringify(attributes);
      const known = this._attributes.get(key) ?? attributes;
      this._attributes.set(key, known);
      this._last = { asked: attributes, known };
    }
    this.add(this._last.known, count);
  }

  /** @param instrument tells the sums from now on, in place of the one before */
  toldBy(instrument: Observable | undefined): void {
    this._instrument?.removeCallback(this._observe);
    this._instrument = instrument;
    instrument?.addCallback(this._observe);
  }
}
