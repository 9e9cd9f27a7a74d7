/** A copy with other values under keys that it has, which stay in their order; undefined leaves the key out. */
export function replaced<T extends object>(given: T, values: Readonly<Record<string, unknown>>): T {
  const entries = Object.entries(given).flatMap(([key, value]) => {
    if (!Object.hasOwn(values, key)) return [[key, value]];
    return values[key] === undefined ? [] : [[key, values[key]]];
  });
  return Object.fromEntries(entries) as T;
}
