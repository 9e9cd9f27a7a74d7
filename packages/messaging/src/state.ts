import type { Delivery } from './delivery';

interface State {
  /** How to start the process operation of a message that was received but not yet handled. */
  readonly deliveries: WeakMap<object, Delivery>;
  /** Lines that were told already. */
  readonly reported: Set<string>;
}

const KEY = Symbol.for('queuetrace.v1');

/**
 * What every copy of this package in a process shares: the preload's bundle, and the copy that the app imports
 * for a public function.
 */
export const state: State = ((globalThis as { [KEY]?: State })[KEY] ??= {
  deliveries: new WeakMap(),
  reported: new Set(),
});
