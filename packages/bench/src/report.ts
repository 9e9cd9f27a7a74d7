import type { Mode } from './modes';
import type { Cost, Rounds } from './statistics';

export interface CaseResult {
  name: string;
  unit: 'ns' | 'µs';
  /** Spans a message: modes with fewer spans have less to do. */
  spans: Partial<Record<Mode, number>>;
  costs: Cost[];
  rounds: Rounds;
}

/** One case as a block of lines for the terminal. */
export function toText({ name, unit, spans, costs }: CaseResult): string {
  const head = ['', 'min', 'median', 'half of the rounds', '× by hand', '', '× none', 'spans'];
  const rows = costs.map(({ mode, min, median, spread, ratio, overall, verdict }) => [
    mode === 'none' ? 'none (itself)' : mode,
    figure(min),
    figure(median),
    spread.map(figure).join(' to '),
    Number.isNaN(ratio) ? '' : ratio.toFixed(2),
    verdict,
    overall.toFixed(2),
    String(round2(spans[mode] ?? 0)),
  ]);
  return [`${name}, ${unit} a message over none`, ...aligned([head, ...rows])].join('\n');
}

function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  return rows.map(row =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
  );
}

export const figure = (value: number) => (Math.abs(value) < 100 ? value.toFixed(1) : value.toFixed(0));
const round2 = (value: number) => Math.round(value * 100) / 100;
