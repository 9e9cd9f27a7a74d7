import { context, type Context, type ContextManagementToken } from '@opentelemetry/api';
import { isThenable, type ActiveOperation } from './active-operation';
import type { Delivery } from './delivery';
import { guarded } from './guarded';
import { hiddenField } from './hidden-field';
import { LazyContext } from './lazy-context';
import { now, type StartTime } from './telemetry-core';

/* A message's process span in the app's own loop over a batch. The array stays a real array; only its ways to be
 * iterated are ours. A span starts lazily, at the first look at the context or when the step outlives its first tick, so
 * that copying, spreading and destructuring start none. */

/** What a loop over received messages leaves to its owner. */
export interface Loop<T> {
  /** A copy of the messages whose iteration is seen. */
  messages: T[];
  /** Ends what is still open, and starts nothing any more; `error` is that of the step in which the loop was left. */
  finish(error?: unknown): void;
}

type DeliveryOf<T> = (message: T) => Delivery | undefined;

export function traceLoop<T>(messages: readonly T[], deliveryOf: DeliveryOf<T>): Loop<T> {
  const copy = messages.slice();
  const seen = new SeenLoop(deliveryOf as DeliveryOf<unknown>);
  loops.set(copy, seen);
  Object.setPrototypeOf(copy, SEEN_ARRAY);
  return { messages: copy, finish: error => seen.finish(error) };
}

/** The loops over one array. */
class SeenLoop {
  /** Those that have a process operation which has not ended. */
  readonly steps = new Set<Step>();
  /** The owner has finished: nobody would end what starts now. */
  isOver = false;
  /** Where the loop is: unlike a callback's, what is thrown there is seen by its owner only. */
  current?: Step;

  constructor(private readonly _deliveryOf: DeliveryOf<unknown>) {}

  enter(message: unknown): Step | undefined {
    const delivery = this._deliveryOf(message);
    return delivery && new Step(delivery, this);
  }

  finish(error: unknown): void {
    this.isOver = true;
    for (const step of this.steps) step.end(step === this.current ? error : undefined);
  }
}

/** By the array that was handed out. */
const loops = hiddenField<SeenLoop>();

/**
 * Between such an array and Array.prototype. With a `Symbol.iterator` of an array's own V8 gives up its quick iteration
 * of all arrays of the process, for good: each spread of ten takes 370 instead of 57 ns from then on, wherever it is.
 */
const SEEN_ARRAY = Object.create(Array.prototype, {
  forEach: hidden(function (this: unknown[], fn: Visit<unknown>, self?: unknown): void {
    visitAll('forEach', this, fn, self);
  }),
  map: hidden(function (this: unknown[], fn: Visit<unknown>, self?: unknown): unknown {
    return visitAll('map', this, fn, self);
  }),
  [Symbol.iterator]: hidden(function (this: unknown[]): unknown {
    const seen = loops.get(this);
    return seen ? iterate(this, seen) : Array.prototype.values.call(this);
  }),
}) as object;

function hidden(value: unknown): PropertyDescriptor {
  return { value, configurable: true, enumerable: false, writable: true };
}

type Visit<T> = (message: T, index: number, messages: T[]) => unknown;

/** One message's turn in a loop. */
class Step {
  private readonly _startTime = now();
  private _token?: ContextManagementToken;
  private _process?: ActiveOperation;
  private _isLeft = false;
  private _hasTicked = false;
  private _leftAt?: StartTime;
  private _isForgotten = false;
  readonly context: LazyContext;

  constructor(
    private readonly _delivery: Delivery,
    private readonly _loop: SeenLoop,
  ) {
    this.context = new LazyContext(context.active(), () => this.open());
  }

  /** Makes the context active until the loop goes on. */
  enter(): void {
    this._token = context.attach?.(this.context);
    queueMicrotask(() => {
      this._hasTicked = true;
      if (!this._isLeft) guarded('starting a process span', () => this.open());
    });
  }

  /** The loop goes on. A step in which nothing asynchronous happened may have started work that goes on too. */
  leave(): void {
    this._isLeft = true;
    this._token?.dispose();
    this._token = undefined;
    if (this._hasTicked) this.end();
    else this._leaveOpen();
  }

  /**
   * The loop is left from within: by break, by return, or by an error that its owner will be told in this very tick,
   * and that is then this step's.
   */
  interrupt(): void {
    if (!this._hasTicked || !this._process || this._delivery.onLeft) return this.leave();
    this._leftAt = now();
    this._token?.dispose();
    setImmediate(() => this.end());
  }

  /**
   * The loop is over. Where a function of its own ran it, its caller went on in the context of the step in which that
   * function first waited: from now on the context is the outer one.
   */
  forget(): void {
    if (this._hasTicked) this._isForgotten = true;
  }

  /** The process operation's context; the operation belongs to this step unless somebody else has started it. */
  open(): Context | undefined {
    if (this._isForgotten) return undefined;
    if (this._process) return this._process.context;
    if (this._delivery.isProcessed || this._loop.isOver) return undefined;
    if (this._delivery.process) return this._delivery.process.context;
    const { outer } = this.context;
    // Starting a span looks at the context too: meanwhile the outer one counts.
    this._process = context.with(outer, () => this._delivery.start(this._startTime, outer));
    this._loop.steps.add(this);
    if (this._isLeft) this._leaveOpen();
    return this._process.context;
  }

  end(error?: unknown): void {
    this._loop.steps.delete(this);
    this._process?.end(error, error !== undefined, this._leftAt);
  }

  /** One callback of `map` or `forEach`, to the end of the promise that it gives. */
  run(visit: () => unknown): unknown {
    let result: unknown;
    try {
      result = context.with(this.context, visit);
    } catch (error) {
      this.end(error);
      throw error;
    }
    if (isThenable(result)) guarded('starting a process span', () => this.open());
    if (isThenable(result) && this._process) return this._process.followResult(result);
    this._isLeft = true;
    if (this._delivery.onLeft) this._leaveOpen();
    else this.end();
    return result;
  }

  private _leaveOpen(): void {
    if (!this._process || this._process.isEnded || !this._delivery.onLeft) return;
    this._loop.steps.delete(this);
    this._delivery.onLeft(this._process);
  }
}

function* steps<T>(messages: T[]): Generator<T, undefined> {
  // As an array's own iterator does: the length is looked at anew each time.
  for (let index = 0; index < messages.length; index++) yield messages[index];
  return undefined;
}

function iterate<T>(messages: T[], seen: SeenLoop): ArrayIterator<T> {
  const inner = steps(messages);
  let step: Step | undefined;
  let first: Step | undefined;
  let isFirstTick: boolean | undefined;
  const begin = () => {
    isFirstTick = true;
    queueMicrotask(() => (isFirstTick = false));
  };
  const iterator = {
    next() {
      step?.leave();
      if (isFirstTick === undefined) begin();
      const result = inner.next();
      step = result.done ? undefined : guarded('entering a loop', () => seen.enter(result.value));
      if (result.done) first?.forget();
      else if (isFirstTick) first = step;
      seen.current = step;
      step?.enter();
      return result;
    },
    return(value?: undefined) {
      step?.interrupt();
      step = undefined;
      first?.forget();
      return inner.return(value);
    },
    [Symbol.iterator]: () => iterator,
  };
  return iterator as unknown as ArrayIterator<T>;
}

function visitAll<T>(method: 'map' | 'forEach', messages: T[], fn: Visit<T>, self: unknown): unknown {
  const seen = loops.get(messages);
  // What is no function is the array's own to complain of.
  if (!seen || typeof fn !== 'function') return Reflect.apply(Array.prototype[method], messages, [fn, self]);
  return Array.prototype.map.call(messages, (message: T, index) => {
    const step = guarded('entering a loop', () => seen.enter(message));
    if (!step) return fn.call(self, message, index, messages);
    return step.run(() => fn.call(self, message, index, messages));
  });
}
