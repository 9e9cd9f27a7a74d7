import { diag } from '@opentelemetry/api';
import { state } from './state';

/* eslint-disable @typescript-eslint/no-explicit-any -- the patch border: anybody's functions, with any arguments. */
export type AnyFunction = (this: any, ...args: any[]) => any;
/** Calls the original: with the caller's own arguments, unless others are given. */
export type Call = (args?: unknown[]) => any;
/** What is done around a call of somebody else's function. It must give back what the call gave. */
export interface Advice {
  (call: Call, args: any, self: any): unknown;
  /** Whether there is anything for it to do: asked before anything is made for the call. Default: always. */
  concerns?(self: any): boolean;
}

/** Wraps a handler of the app's. */
export type Wrap = <F>(handler: F, advice: Advice) => F;

export interface Patch {
  target: any;
  methods: Record<string, Advice>;
}

interface Wrapped {
  original: AnyFunction;
  wrapper: AnyFunction;
  wasOwn: boolean;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** There may be several copies of this package in a process. */
const THIS_COPY = {};

/**
 * The one list of what is patched. Wrappers stack on whatever is there and carry no marker of shimmer's, since another
 * instrumentation would take one that does for its own and remove it.
 */
export class PatchTable {
  /** Prototypes and module exports only, so it stays small; instances are not kept. */
  private readonly _wrapped = new Map<Patch['target'], Map<string, Wrapped>>();
  /** One switch for all wrappers, those on instances and handlers included. */
  private readonly _switch = { isOn: false, copy: THIS_COPY };

  constructor(private readonly _owner: object) {}

  switchOn(): void {
    this._switch.isOn = true;
  }

  /** Patches each method that is there, once however often it is called. Whether there was one to patch. */
  patch({ target, methods }: Patch): boolean {
    if (!target) return false;
    let isPatched = false;
    const wrapped = this._wrapped.get(target) ?? new Map<string, Wrapped>();
    this._wrapped.set(target, wrapped);
    for (const [name, advice] of Object.entries(methods)) {
      if (wrapped.has(name) || typeof target[name] !== 'function') continue;
      const wasOwn = Object.hasOwn(target, name);
      const original = wasOwn ? target[name] : inherited(target, name);
      const entry = { original, wrapper: this.wrap(original, advice), wasOwn };
      if (!define(target, name, entry.wrapper)) continue;
      wrapped.set(name, entry);
      state.wrappers.set(entry.wrapper, this._switch);
      isPatched = true;
    }
    return isPatched;
  }

  /** Whether somebody else has wrapped what is patched here, inside or outside of our wrapper, and who. */
  findOther(): 'another instrumentation' | 'another queuetrace' | undefined {
    for (const [target, methods] of this._wrapped) {
      for (const [name, { original, wasOwn }] of methods) {
        const inherited = wasOwn ? undefined : Object.getPrototypeOf(target)[name];
        for (const one of [target[name], original, inherited]) {
          // Shimmer's mark, which OpenTelemetry's own instrumentations and many others have.
          if (one?.__wrapped === true) return 'another instrumentation';
          const owner = state.wrappers.get(one ?? {});
          // What is inherited may be patched for the same client by a bundler's plugin, which makes one of us for each file.
          const isSame = owner === this._switch || (one === inherited && owner?.copy === THIS_COPY);
          if (owner?.isOn && !isSame) return 'another queuetrace';
        }
      }
    }
    return undefined;
  }

  /** Patches the methods of one object, which is not kept: its wrappers stay and follow the switch. */
  patchInstance({ target, methods }: Patch): void {
    if (!target) return;
    for (const [name, advice] of Object.entries(methods)) {
      if (typeof target[name] === 'function') define(target, name, this.wrap(target[name], advice));
    }
  }

  /** A function of the caller's, wrapped; anything else is given back for the library to complain of. */
  wrap<F>(original: F, advice: Advice): F {
    if (typeof original !== 'function') return original;
    const { concerns } = advice;
    return wrapFunction(
      original as F & AnyFunction,
      Object.assign(advice.bind(this._owner), { concerns }),
      this._switch,
    );
  }

  /** Takes out the wrappers that are outermost; one that somebody has wrapped again becomes a mere pass-through. */
  unpatchAll(): void {
    this._switch.isOn = false;
    for (const [target, methods] of this._wrapped) {
      for (const [name, wrapped] of methods) if (restore(target, name, wrapped)) methods.delete(name);
    }
  }
}

/**
 * A function that runs `advice` around each call of `original`. Nothing that goes wrong in the advice reaches the
 * caller: they get what the original gave, or threw.
 */
export function wrapFunction<F extends AnyFunction>(original: F, advice: Advice, on: { readonly isOn: boolean }): F {
  const { concerns = always } = advice;
  const wrapper = function (this: unknown, ...args: unknown[]) {
    return on.isOn && concerns(this) ? invoke(original, advice, this, args) : original.apply(this, args);
  };
  for (const key of Reflect.ownKeys(original)) {
    if (SHIMMER_MARKERS.has(key)) continue;
    const descriptor = Object.getOwnPropertyDescriptor(original, key)!;
    if (Object.getOwnPropertyDescriptor(wrapper, key)?.configurable !== false) {
      Object.defineProperty(wrapper, key, descriptor);
    }
  }
  return wrapper as F;
}

const always = () => true;

const SHIMMER_MARKERS = new Set<string | symbol>(['__original', '__unwrap', '__wrapped', 'prototype']);

function invoke(original: AnyFunction, advice: Advice, self: unknown, args: unknown[]): unknown {
  let outcome = 'none' as 'none' | 'returned' | 'thrown';
  let told: unknown;
  const call: Call = (callArgs = args) => {
    try {
      told = original.apply(self, callArgs);
      outcome = 'returned';
      return told;
    } catch (error) {
      told = error;
      outcome = 'thrown';
      throw error;
    }
  };
  try {
    return advice(call, args, self);
  } catch (error) {
    if (outcome !== 'thrown' || told !== error) diag.error('queuetrace: instrumentation failed', error);
    if (outcome === 'none') return original.apply(self, args);
    if (outcome === 'thrown') throw told;
    return told;
  }
}

/** What a prototype inherits is looked up at each call: somebody may patch it there after us. */
function inherited(target: Patch['target'], name: string): AnyFunction {
  const delegate: AnyFunction = function (...args) {
    return Object.getPrototypeOf(target)[name].apply(this, args);
  };
  for (const key of ['name', 'length']) {
    Object.defineProperty(delegate, key, { value: target[name][key], configurable: true });
  }
  return delegate;
}

function define(target: object, name: string, value: AnyFunction): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(target, name);
  try {
    Object.defineProperty(target, name, {
      configurable: true,
      enumerable: descriptor?.enumerable ?? false,
      writable: true,
      value,
    });
    return true;
  } catch (error) {
    diag.warn(`queuetrace: ${name} cannot be patched`, error);
    return false;
  }
}

function restore(target: Patch['target'], name: string, { original, wrapper, wasOwn }: Wrapped): boolean {
  if (target[name] !== wrapper) return false;
  if (wasOwn) define(target, name, original);
  else delete target[name];
  return true;
}
