/** A table that is asked for names from outside: it has `constructor` and `__proto__` only where they were given. */
export function nameTable<Value>(entries: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null) as Record<string, Value>, entries);
}
