import { OPTIONS, type Option } from '@queuetrace/messaging';

/** For each option a value that is not its default. */
export const SAMPLES: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries<Option<unknown>>(OPTIONS).map(([key, option]) => [key, sampleOf(option)]),
);

function sampleOf({ default: byDefault, words, accepts }: Option<unknown>): unknown {
  const candidates: unknown[] = [!byDefault, 7, ...(words ?? []), ...(words ?? []).map(word => [word]), ['a-*', 'b']];
  return candidates.find(one => accepts(one) && JSON.stringify(one) !== JSON.stringify(byDefault));
}

/** As an environment variable says it. */
export function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
