import type { Table } from './message';

/** Whether a topic exchange's binding key (`*` = one word, `#` = any number of them) matches a routing key. */
export function topicMatches(bindingKey: string, routingKey: string): boolean {
  return wordsMatch(bindingKey.split('.'), routingKey.split('.'));
}

function wordsMatch([pattern, ...patterns]: string[], words: string[]): boolean {
  if (pattern === undefined) return words.length === 0;
  const [word, ...rest] = words;
  if (pattern === '#')
    return wordsMatch(patterns, words) || (words.length > 0 && wordsMatch([pattern, ...patterns], rest));
  return word !== undefined && (pattern === '*' || pattern === word) && wordsMatch(patterns, rest);
}

/** Whether a headers exchange's binding arguments match the headers of a message; `x-match` says if all or any must. */
export function headersMatch(bindingArguments: Table, headers: Table = {}): boolean {
  const names = Object.keys(bindingArguments).filter(name => !name.startsWith('x-'));
  const matches = (name: string) => {
    const [wanted, actual] = [bindingArguments[name], headers[name]];
    // A binding without a value asks only that the header is there.
    return actual !== undefined && (wanted === null || String(wanted) === String(actual));
  };
  return bindingArguments['x-match'] === 'any' ? names.some(matches) : names.every(matches);
}
