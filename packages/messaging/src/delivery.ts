import { context, type Context } from '@opentelemetry/api';
import type { ActiveOperation } from './active-operation';
import { outside } from './lazy-context';
import { state } from './state';
import { withoutEndedSpan } from './telemetry';
import { now, type StartTime } from './telemetry-core';

type StartProcess = (startTime: StartTime, ambient: Context) => ActiveOperation;
type Left = (process: ActiveOperation) => void;
type Follow = (process: ActiveOperation, handler: () => unknown) => unknown;

/** One message that was handed to the app, and that may be processed by a loop or by a public function. */
export class Delivery {
  private _process?: ActiveOperation;

  /**
   * @param onLeft takes over a process operation whose step in a loop is over, while what it started may go on;
   *   without it the owner of the loop ends them
   * @param _follow runs a handler in a process operation that is to end later than with it
   */
  constructor(
    private readonly _startProcess: StartProcess,
    readonly onLeft?: Left,
    private readonly _follow: Follow = (process, handler) => process.follow(handler),
  ) {}

  /** Runs a handler in the operation that {@link start} gave, which ends with it unless the client knows better. */
  follow<T>(process: ActiveOperation, handler: () => T): T {
    return this._follow(process, handler) as T;
  }

  /** The process operation that runs now, started if there is none. A message handled again has another one. */
  start(startTime: StartTime = now(), ambient: Context = outside(context.active())): ActiveOperation {
    if (!this._process || this._process.isEnded)
      this._process = this._startProcess(startTime, withoutEndedSpan(ambient));
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
