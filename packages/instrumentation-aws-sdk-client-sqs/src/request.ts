import { bindContext, copyWith, guarded, isThenable, type ActiveOperation, type Call } from '@queuetrace/messaging';
import { tellRequest, type KnownClient } from './client';

/** What the app sends: `client.send(command, options?, callback?)`. */
export interface Command {
  readonly input?: unknown;
}
export type SendArgs = [Command, ...unknown[]];

/** What is done with the outcome of a request. */
interface Listener<Output> {
  /** The operation that the request is a part of: it ends with the request. */
  readonly active?: ActiveOperation;
  /** Gives back what the app is to get. */
  onAnswer?(output: Output): Output;
  onError?(error: unknown): void;
}

/** On commands that we made: the client's own `send` and the one that it inherits are both patched. */
const IS_OURS: unique symbol = Symbol('queuetrace.command');

/** One `send` of one command, with a promise or with a callback. */
export class Request<Input> {
  constructor(
    private readonly _call: Call,
    private readonly _args: SendArgs,
    readonly client: KnownClient,
  ) {}

  static isOurs(command: unknown): boolean {
    return typeof command === 'object' && command !== null && IS_OURS in command;
  }

  get command(): Command {
    return this._args[0];
  }

  /** The caller's own: not to be changed. */
  get input(): Input {
    return this._args[0].input as Input;
  }

  /** Untraced: as if we were not there. */
  pass(): unknown {
    return this._call();
  }

  /** The outcome reaches the caller the way that they asked for. */
  send<Output>(input: Input, listener: Listener<Output>): unknown {
    const { active } = listener;
    const args: unknown[] = this._args.slice();
    args[0] = this._copy(input);
    const hasCallback = args.length > 1 && this._listenToCallback(args, listener);
    let result: unknown;
    try {
      result = active ? active.run(() => this._call(args)) : this._call(args);
    } catch (error) {
      this._failed(listener, error);
      throw error;
    }
    if (hasCallback) return result;
    if (!isThenable(result)) return this._answered(listener, result as Output);
    return result.then(
      output => this._answered(listener, output as Output),
      (error: unknown) => {
        this._failed(listener, error);
        throw error;
      },
    );
  }

  private _copy(input: Input): Command {
    const copy: Command & { [IS_OURS]?: boolean } = copyWith(this.command, { input });
    copy[IS_OURS] = true;
    return copy;
  }

  /** A callback of the caller's goes on in the context in which they called. */
  private _listenToCallback<Output>(args: unknown[], listener: Listener<Output>): boolean {
    const index = typeof args[1] === 'function' ? 1 : 2;
    if (typeof args[index] !== 'function') return false;
    const callback = args[index] as (error: unknown, ...output: unknown[]) => unknown;
    const answered = (output: Output) => this._answered(listener, output);
    const failed = (error: unknown) => this._failed(listener, error);
    args[index] = bindContext(function (this: unknown, error: unknown, ...output: unknown[]) {
      if (error) failed(error);
      else output[0] = answered(output[0] as Output);
      return callback.call(this, error, ...output);
    });
    return true;
  }

  private _answered<Output>(listener: Listener<Output>, output: Output): Output {
    const { active } = listener;
    const answer = guarded('reading an answer', () => {
      if (active) tellRequest(active, this.client, output);
      return listener.onAnswer?.(output);
    });
    active?.end();
    return answer ?? output;
  }

  private _failed<Output>(listener: Listener<Output>, error: unknown): void {
    const { active } = listener;
    guarded('reading an error', () => {
      if (active) tellRequest(active, this.client, error);
      listener.onError?.(error);
    });
    active?.end(error, true);
  }
}

/** A copy to write to, with what a class declares as accessors: the caller's own may be frozen, shared or sent again. */
export function copyOf<T extends object>(original: T): T {
  const copy = { ...original } as Record<string, unknown>;
  let type = Object.getPrototypeOf(original) as object | null;
  for (; type && type !== Object.prototype; type = Object.getPrototypeOf(type) as object | null) {
    for (const [key, { get }] of Object.entries(Object.getOwnPropertyDescriptors(type))) {
      if (get && !(key in copy)) copy[key] = original[key as keyof T];
    }
  }
  return copy as T;
}
