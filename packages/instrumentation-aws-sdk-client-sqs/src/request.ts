import { bindContext, copyWith, guarded, isThenable, type ActiveOperation, type Call } from '@queuetrace/messaging';

/** What the app sends: `client.send(command, options?, callback?)`. */
export interface Command {
  readonly input?: unknown;
}
export type SendArgs = [Command, ...unknown[]];

/** The part of an SDK client that is looked at. */
export interface Client {
  readonly config?: { readonly serviceId?: unknown; readonly endpoint?: unknown };
}

/** What the SDK says of every answer and of every error. */
export interface Answer {
  $metadata?: { requestId?: string; attempts?: number };
}

interface Listener<Output> {
  /** The operation that the request is a part of. */
  active?: ActiveOperation;
  /** Gives back what the app is to get. */
  onAnswer(output: Output): Output;
  onError(error: unknown): void;
}

/** Commands that we made: the client's own `send` and the one that it inherits are both patched. */
const ours = new WeakSet<object>();

/** One `send` of one command, with a promise or with a callback. */
export class Request<Input> {
  constructor(
    private readonly _call: Call,
    private readonly _args: SendArgs,
    readonly client: Client,
  ) {}

  static isOurs(command: unknown): boolean {
    return typeof command === 'object' && command !== null && ours.has(command);
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
  send<Output>(input: Input, { active, onAnswer, onError }: Listener<Output>): unknown {
    const answered = (output: Output) => guarded('reading an answer', () => onAnswer(output)) ?? output;
    const failed = (error: unknown) => guarded('reading an error', () => onError(error));
    const [args, hasCallback] = this._withCallback(answered, failed);
    const call = () => this._call([this._copy(input), ...args]);
    let result: unknown;
    try {
      result = active ? active.run(call) : call();
    } catch (error) {
      failed(error);
      throw error;
    }
    if (hasCallback) return result;
    if (!isThenable(result)) return answered(result as Output);
    return result.then(
      output => answered(output as Output),
      (error: unknown) => {
        failed(error);
        throw error;
      },
    );
  }

  /** The arguments behind the command. A callback of the caller's goes on in the context in which they called. */
  private _withCallback<Output>(
    answered: (output: Output) => Output,
    failed: (error: unknown) => void,
  ): [unknown[], boolean] {
    const args = this._args.slice(1);
    const index = args.slice(0, 2).findIndex(arg => typeof arg === 'function');
    if (index < 0) return [args, false];
    const callback = args[index] as (error: unknown, ...output: unknown[]) => unknown;
    args[index] = bindContext(function (this: unknown, error: unknown, ...output: unknown[]) {
      if (error) failed(error);
      else output[0] = answered(output[0] as Output);
      return callback.call(this, error, ...output);
    });
    return [args, true];
  }

  private _copy(input: Input): Command {
    const copy = copyWith(this.command, { input });
    ours.add(copy);
    return copy;
  }
}

/** The names of command classes: a bundler that minifies takes their own from them. */
const names = new WeakMap<object, string>();

/** Remembers the names of the commands among these exports. */
export function learnCommands(exports: object): void {
  for (const [name, value] of Object.entries(exports)) {
    if (name.endsWith(SUFFIX) && typeof value === 'function') names.set(value, name);
  }
}

const SUFFIX = 'Command';

/** The command's name in the API, also for a class that the app has derived from it. */
export function commandName(command: unknown): string | undefined {
  for (
    let type = (command as object | undefined)?.constructor as { name?: unknown } | null | undefined;
    typeof type === 'function';
    type = Object.getPrototypeOf(type) as typeof type
  ) {
    const name = names.get(type) ?? (type as { name: string }).name;
    if (name.endsWith(SUFFIX) && name !== SUFFIX) return name.slice(0, -SUFFIX.length);
  }
  return undefined;
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
