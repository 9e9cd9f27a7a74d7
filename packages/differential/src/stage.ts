import { setImmediate as turn } from 'node:timers/promises';
import { inspect, types } from 'node:util';
import { valueText } from './value-text';

/* eslint-disable @typescript-eslint/no-explicit-any -- anything is done to anything here. */

/** Where the rows of one client are played: it writes down everything that an app could notice. */
export class Stage {
  readonly events: string[] = [];
  /** Names of methods, `Type.method` as the library's type declarations have them, that were really called. */
  readonly covered = new Set<string>();

  note(text: string): void {
    this.events.push(text);
  }

  /** Calls a method, `Type.method`, of a target; how it ends, and what has become of its arguments, is noted. */
  async call(name: string, target: any, ...args: unknown[]): Promise<any> {
    const result = this.invoke(name, target, args);
    try {
      const value = await result;
      if (types.isPromise(result)) this.note(`${name} resolves ${valueText(value)}`);
      return value;
    } catch (error) {
      this.note(`${name} rejects ${valueText(error)}`);
      return undefined;
    } finally {
      if (types.isPromise(result)) this.note(`${name} settled with arguments ${args.map(valueText).join(', ')}`);
    }
  }

  /** As `call`, but nobody looks at the promise: its rejection is unhandled. */
  start(name: string, target: any, ...args: unknown[]): any {
    const result = this.invoke(name, target, args);
    return types.isPromise(result) ? undefined : result;
  }

  /** As `start`, until the promise is settled: looking at it from outside does not handle its rejection. */
  async abandon(name: string, target: any, ...args: unknown[]): Promise<void> {
    const result = this.invoke(name, target, args);
    while (types.isPromise(result) && inspect(result, { depth: 0 }).includes('<pending>')) await turn();
  }

  /** Of an API with callbacks: resolves with what the last argument, which is added, is called with. */
  callback(name: string, target: any, ...args: unknown[]): Promise<any> {
    return new Promise(resolve => {
      const callback = (...given: unknown[]) => {
        this.note(`${name} calls back ${given.map(valueText).join(', ')}`);
        resolve(given[1]);
      };
      this.invoke(name, target, [...args, callback], () => resolve(undefined));
    });
  }

  /** `new Type`. */
  make(name: string, type: any, ...args: unknown[]): any {
    this.cover(name, type);
    return this.attempt(name, () => new type(...args), args);
  }

  /** A function of an API that is one itself, or that is handed out alone. */
  apply(name: string, method: any, ...args: unknown[]): any {
    this.cover(name, method);
    return this.attempt(name, () => method(...args), args);
  }

  private invoke(name: string, target: any, args: unknown[], onThrow?: () => void): unknown {
    const method = name.slice(name.lastIndexOf('.') + 1);
    this.cover(name, target?.[method]);
    return this.attempt(name, () => target[method](...args), args, onThrow);
  }

  /** A declared method that a library does not have is not called. */
  private cover(name: string, method: unknown): void {
    if (typeof method === 'function') this.covered.add(name);
  }

  /** What is thrown at once, not by a promise. */
  private attempt(name: string, act: () => unknown, args: unknown[], onThrow?: () => void): unknown {
    let result: unknown;
    try {
      result = act();
      this.note(`${name} returns ${types.isPromise(result) ? 'a promise' : valueText(result)}`);
    } catch (error) {
      this.note(`${name} throws ${valueText(error)}`);
      onThrow?.();
    }
    this.note(`${name} called with arguments ${args.map(valueText).join(', ')}`);
    return result;
  }
}

/** One call, or several that belong together. */
export interface Row<Actors> {
  readonly name: string;
  play(stage: Stage, actors: Actors): unknown;
}
