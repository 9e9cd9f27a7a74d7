/** The candidate that a word most likely stands for; undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const near = misspelt(word, candidates, Math.max(2, Math.floor(word.length / 4)));
  return near ?? candidates.find(candidate => lower.length > 2 && candidate.toLowerCase().includes(lower));
}

/** The candidate that a word is with a slip or two of the keyboard; undefined where there is none. */
export function misspelt(word: string, candidates: readonly string[], maxSlips = 2): string | undefined {
  const lower = word.toLowerCase();
  const [best] = candidates
    .map(candidate => ({ candidate, slips: distance(lower, candidate.toLowerCase()) }))
    .sort((one, other) => one.slips - other.slips);
  return best && best.slips <= maxSlips ? best.candidate : undefined;
}

/** Levenshtein's: how many letters must be put in, taken out or changed. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}

/** Behind a line that says what is allowed: ` Did you mean …?`, or nothing where nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  return near === undefined ? '' : ` Did you mean ${near}?`;
}
