/** The key under which a table has a field: as written, else without regard to case: others write `Traceparent`. */
export function ownKey(table: object, name: string): string | undefined {
  if (Object.hasOwn(table, name)) return name;
  for (const key in table) {
    if (key.length === name.length && key.toLowerCase() === name && Object.hasOwn(table, key)) return key;
  }
  return undefined;
}

/** A copy of a table with fields in it, each in place of the same one in another spelling. */
export function withFields<T extends object>(table: T | undefined, fields: ReadonlyMap<string, string>): T {
  const copy: Record<string, unknown> = { ...table };
  for (const [name, value] of fields) {
    dropOtherSpellings(copy, name);
    copy[name] = value;
  }
  return copy as T;
}

/** What is sent on with the headers it came with must not say one thing in one spelling, and another in the other. */
export function dropOtherSpellings(table: Record<string, unknown>, name: string): void {
  for (const key in table) {
    if (key.length === name.length && key !== name && key.toLowerCase() === name.toLowerCase()) delete table[key];
  }
}
