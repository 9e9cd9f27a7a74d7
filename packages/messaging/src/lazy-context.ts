import type { Context } from '@opentelemetry/api';
import { guarded } from './guarded';

/** The context of a step in a loop: looking at it starts the step's span. */
export class LazyContext implements Context {
  constructor(
    readonly outer: Context,
    private readonly _open: () => Context | undefined,
  ) {}

  getValue(key: symbol): unknown {
    return this._current().getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this._current().setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this._current().deleteValue(key);
  }

  private _current(): Context {
    return guarded('starting a process span', this._open) ?? this.outer;
  }
}

/** The context around a step, without looking into it. */
export function outside(active: Context): Context {
  return active instanceof LazyContext ? outside(active.outer) : active;
}
