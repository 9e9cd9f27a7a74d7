import { COLUMNS, titleOf, type Column, type Direction } from './cells';
import { directionsOf, PEERS, type Peer } from './peers';
import { markdownTable } from './markdown-table';
import { versionOf } from './pins';

const NOT_RUN = 'not run';

/** What the cells have shown, as a table. */
class Report {
  tour?: { readonly tree: string; readonly without: string };
  private readonly _outcomes = new Map<string, boolean>();
  private readonly _reasons: string[] = [];

  /** A cell passes where its control does too. */
  tell(peer: Peer, direction: Direction, { title }: Column, hasPassed: boolean): void {
    const key = [titleOf(peer, direction), title].join();
    this._outcomes.set(key, hasPassed && this._outcomes.get(key) !== false);
  }

  get hasBegun(): boolean {
    return this._outcomes.size > 0;
  }

  /** Whether every cell that there is has run. */
  get isComplete(): boolean {
    const hasRun = (peer: Peer, direction: Direction) =>
      COLUMNS.every(column => this._cell(peer, direction, column) !== NOT_RUN);
    return PEERS.every(peer => directionsOf(peer).every(direction => hasRun(peer, direction)));
  }

  table(): string {
    const rows = PEERS.flatMap(peer =>
      directionsOf(peer).map(direction => [
        titleOf(peer, direction),
        ...COLUMNS.map(column => this._cell(peer, direction, column)),
      ]),
    );
    const head = ['', ...COLUMNS.map(({ title }) => title)];
    const notes = this._reasons.map((reason, index) => `(${index + 1}) ${reason}`);
    return [markdownTable([head, ...rows]), `– ${notes.join(' · ')}`].join('\n\n');
  }

  /** What there is on the other end. */
  versions(): string {
    const rows = PEERS.map(({ name, language, packages }) => [
      name,
      packages.map(one => `${one} ${versionOf(language, one)}`).join(', '),
    ]);
    return markdownTable([['on the other end', 'packages'], ...rows]);
  }

  private _cell(peer: Peer, direction: Direction, column: Column): string {
    const reason = peer.cannot?.(direction, column);
    if (reason) return `– (${this._footnote(reason)})`;
    const hasPassed = this._outcomes.get([titleOf(peer, direction), column.title].join());
    if (hasPassed === undefined) return NOT_RUN;
    return hasPassed ? '✔' : '✘ FAILED';
  }

  private _footnote(reason: string): number {
    if (!this._reasons.includes(reason)) this._reasons.push(reason);
    return this._reasons.indexOf(reason) + 1;
  }
}

/** Of this run. */
export const report = new Report();
