import path from 'node:path';

const OURS = /[\\/](messaging|instrumentation-[^\\/]+)[\\/]build[\\/]src[\\/]/;

/** How many entries all maps and sets of ours have, that can be reached from the instrumentations. */
export function ownEntries(roots: readonly unknown[]): number {
  const classes = ownClasses();
  const seen = new Set<object>();
  const stack: unknown[] = [...roots];
  let count = 0;
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Map || value instanceof Set) {
      count += value.size;
      stack.push(...value.values());
    } else if (isOurs(value, classes)) stack.push(...Object.values(value));
  }
  return count;
}

/** What is no class's is ours too, where one of ours has it. */
function isOurs(value: object, classes: ReadonlySet<unknown>): boolean {
  const { constructor } = Object.getPrototypeOf(value) ?? Object.prototype;
  return constructor === Object || constructor === Array || classes.has(constructor);
}

function ownClasses(): Set<unknown> {
  const modules = Object.entries(require.cache).filter(([file]) => OURS.test(path.normalize(file)));
  return new Set(modules.flatMap(([, module]) => Object.values((module?.exports ?? {}) as object)));
}
