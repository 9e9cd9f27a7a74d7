/** The key under which a table has a field: as written, else without regard to case: others write `Traceparent`. */
export function ownKey(table: object, name: string): string | undefined {
  if (Object.hasOwn(table, name)) return name;
  for (const key of Object.keys(table)) if (key.length === name.length && key.toLowerCase() === name) return key;
  return undefined;
}
