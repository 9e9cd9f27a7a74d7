import type { ActiveOperation } from './active-operation';
import { state } from './state';
import { now, type StartTime } from './telemetry-core';

/** One message that was handed to the app, and that may be processed by a loop or by a public function. */
export class Delivery {
  private _process?: ActiveOperation;

  constructor(private readonly _startProcess: (startTime?: StartTime) => ActiveOperation) {}

  /** The process operation that runs now, started if there is none. A message handled again has another one. */
  start(startTime: StartTime = now()): ActiveOperation {
    if (!this._process || this._process.isEnded) this._process = this._startProcess(startTime);
    return this._process;
  }

  /** The operation that runs now, if any. */
  get process(): ActiveOperation | undefined {
    return this._process?.isEnded ? undefined : this._process;
  }

  get isProcessed(): boolean {
    return this._process?.isEnded ?? false;
  }
}

/** Makes a message known to `processMessage`, in whichever copy of this package that is called. */
export function registerDelivery(message: object, delivery: Delivery): Delivery {
  state.deliveries.set(message, delivery);
  return delivery;
}
