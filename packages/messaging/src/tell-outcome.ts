import { guarded } from './guarded';

/**
 * Listens to a promise of the library's or the app's as one `then` on it, which gives on the same outcome: a rejection
 * that nobody handles stays one, and what a listener throws reaches nobody.
 */
export function tellOutcome<P extends PromiseLike<unknown>>(
  promise: P,
  onValue: (value: Awaited<P>) => void,
  onError: (error: unknown) => void = () => {},
): P {
  return promise.then(
    value => {
      guarded('telling an outcome', () => onValue(value as Awaited<P>));
      return value;
    },
    (error: unknown) => {
      guarded('telling an error', () => onError(error));
      throw error;
    },
  ) as PromiseLike<unknown> as P;
}
