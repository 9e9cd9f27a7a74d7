import { isObject } from './is-object';

/** Gives back the object that it is given: the private fields of a class derived from it are then added to that one. */
class Given {
  constructor(object: object) {
    return object;
  }
}

/** What is known of objects that are not ours, for as long as each of them lives. */
export interface HiddenField<Value> {
  has(object: object): boolean;
  get(object: object): Value | undefined;
  set(object: object, value: Value): void;
}

/**
 * As a WeakMap, and as little to be seen: a private field is no property, so that no key, copy, comparison or freezing
 * tells of it. A WeakMap with many short-lived keys is dear, since what it holds survives a garbage collection more: of
 * 10 messages received from SQS it took 22 of 54 µs.
 */
export function hiddenField<Value>(): HiddenField<Value> {
  // A language to come refuses a field to an object that is not extensible.
  const ofFixed = new WeakMap<object, Value>();
  class Holder extends Given {
    #value: Value;

    constructor(object: object, value: Value) {
      super(object);
      this.#value = value;
    }

    static has(object: object): boolean {
      return isObject(object) && (#value in object || ofFixed.has(object));
    }

    static get(object: object): Value | undefined {
      if (!isObject(object)) return undefined;
      return #value in object ? object.#value : ofFixed.get(object);
    }

    static set(object: object, value: Value): void {
      if (#value in object) object.#value = value;
      else if (Object.isExtensible(object)) new Holder(object, value);
      else ofFixed.set(object, value);
    }
  }
  return Holder;
}
