import { BASELINE, MODES, YARDSTICK, type Mode } from './modes';

/** Measurements of one case in each mode, by round: those of one round were made one right after another. */
export type Rounds = Record<Mode, number[]>;

export interface Cost {
  mode: Mode;
  /** What it takes, over no instrumentation. Noise only adds, so that the least is the best estimate. */
  min: number;
  median: number;
  /** Half of the rounds were in here. */
  spread: [number, number];
  /** To the same by hand. */
  ratio: number;
  /** Of all that it takes to what it takes without: the median of the rounds. */
  overall: number;
  /** Of this mode's cost and the one by hand: `undecided` where chance alone would explain which is smaller. */
  verdict: 'cheaper' | 'dearer' | 'undecided' | '';
}

export function costs(rounds: Rounds): Cost[] {
  const floor = Math.min(...rounds[BASELINE]);
  const overBaseline = (mode: Mode) => pairedDifferences(rounds[mode], rounds[BASELINE]);
  const yardstick = median(overBaseline(YARDSTICK));
  return MODES.filter(mode => rounds[mode].length > 0).map(mode => {
    const differences = overBaseline(mode);
    const middle = median(differences);
    const isBaseline = mode === BASELINE;
    return {
      mode,
      min: isBaseline ? floor : Math.min(...rounds[mode]) - floor,
      median: isBaseline ? median(rounds[mode]) : middle,
      spread: isBaseline ? quartiles(rounds[mode]) : quartiles(differences),
      ratio: isBaseline ? NaN : middle / yardstick,
      overall: median(rounds[mode].map((value, round) => value / rounds[BASELINE][round])),
      verdict: isBaseline || mode === YARDSTICK ? '' : verdict(pairedDifferences(rounds[mode], rounds[YARDSTICK])),
    };
  });
}

function pairedDifferences(of: readonly number[], from: readonly number[]): number[] {
  return of.map((value, round) => value - from[round]);
}

/** A sign test: how often one of the two was the cheaper one of a round, against a coin's chance of 5 %. */
function verdict(differences: readonly number[]): Cost['verdict'] {
  const cheaper = differences.filter(one => one < 0).length;
  const dearer = differences.filter(one => one > 0).length;
  if (2 * tail(differences.length, Math.max(cheaper, dearer)) > 0.05) return 'undecided';
  return cheaper > dearer ? 'cheaper' : 'dearer';
}

/** The chance of at least `heads` among so many coins. */
function tail(coins: number, heads: number): number {
  let [chance, sum] = [0.5 ** coins, 0];
  for (let count = 0; count <= coins; count++) {
    if (count >= heads) sum += chance;
    chance *= (coins - count) / (count + 1);
  }
  return sum;
}

export const median = (values: readonly number[]) => quantile(values, 0.5);
const quartiles = (values: readonly number[]): [number, number] => [quantile(values, 0.25), quantile(values, 0.75)];

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}
