/** Whether something is there that can have properties; anything else is for the library to complain of. */
export function isObject<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null;
}
