/** The key under which a table has a field: as written, else without regard to case: others write `Traceparent`. */
export function ownKey(table: object, name: string): string | undefined {
  if (Object.hasOwn(table, name)) return name;
  for (const key in table) {
    if (key.length === name.length && key.toLowerCase() === name && Object.hasOwn(table, key)) return key;
  }
  return undefined;
}
