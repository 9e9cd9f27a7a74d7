import type { Attributes, Observable, ObservableResult } from '@opentelemetry/api';

/**
 * What an instrument has counted since the process began, by series, told when metrics are collected: to add here costs
 * a hundredth of an SDK's `add`, which writes the attributes out each time to find the series.
 */
export class Sum {
  /** By the one attributes object that a series has. */
  private readonly _points = new Map<Attributes, Point>();
  /** What is counted next tends to be of the same series. */
  private _last?: Point;
  /** Of series that have no such object. */
  private readonly _attributes = new Map<string, Attributes>();
  /** Of those the last. */
  private _lastAsked?: { asked: Attributes; known: Attributes };
  private _instrument?: Observable;
  private readonly _observe = (result: ObservableResult) => {
    for (const { attributes, value } of this._points.values()) result.observe(value, attributes);
  };

  add(attributes: Attributes, count: number): void {
    if (this._last?.attributes !== attributes) this._last = this._find(attributes);
    this._last.value += count;
  }

  /** As {@link add}, for attributes that are alike and not the same: for what is rare and has few series. */
  addTo(attributes: Attributes, count: number): void {
    if (this._lastAsked?.asked !== attributes) {
      const key = JSON.stringify(attributes);
      const known = this._attributes.get(key) ?? attributes;
      this._attributes.set(key, known);
      this._lastAsked = { asked: attributes, known };
    }
    this.add(this._lastAsked.known, count);
  }

  /** @param instrument tells the sums from now on, in place of the one before */
  toldBy(instrument: Observable | undefined): void {
    this._instrument?.removeCallback(this._observe);
    this._instrument = instrument;
    instrument?.addCallback(this._observe);
  }

  private _find(attributes: Attributes): Point {
    let point = this._points.get(attributes);
    if (!point) this._points.set(attributes, (point = { attributes, value: 0 }));
    return point;
  }
}

interface Point {
  readonly attributes: Attributes;
  value: number;
}
