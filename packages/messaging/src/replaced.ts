/**
 * A copy with other values under keys that it has, which stay in their order; undefined leaves the key out. Key by key is
 * a quarter of the price of entries, and of a spread from which keys are deleted half of it.
 */
export function replaced<T extends object>(given: T, values: Readonly<Record<string, unknown>>): T {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(given)) {
    const isReplaced = Object.hasOwn(values, key);
    const value = isReplaced ? values[key] : given[key as keyof T];
    // To assign this one would be to change the copy's prototype.
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value, configurable: true, enumerable: true, writable: true });
    else if (!isReplaced || value !== undefined) copy[key] = value;
  }
  return copy as T;
}
