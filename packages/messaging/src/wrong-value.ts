import { didYouMean } from './nearest';
import { splitList, type OptionKind } from './options';

/** One line: where a value was set, what it is, what is allowed, and what is nearest to it. */
export function wrongValue(where: string, value: unknown, { allowed, words = [] }: OptionKind<unknown>): string {
  return `${where} is ${shown(value)}; allowed: ${allowed}. It is ignored.${nearestOf(value, words)}`;
}

export function shown(value: unknown): string {
  return typeof value === 'string'
    ? `"${value.slice(0, 100)}"`
    : String(JSON.stringify(value) ?? String(value)).slice(0, 100);
}

/** Of a list, of the first item that is wrong. */
function nearestOf(value: unknown, words: readonly string[]): string {
  const items = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? splitList(value) : [];
  const wrong = items.find(item => !words.includes(item));
  return wrong === undefined ? '' : didYouMean(wrong, words);
}
