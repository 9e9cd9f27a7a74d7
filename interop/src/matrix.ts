import { startOtlpReceiver, type System } from '@queuetrace/test-utils';
import { COLUMNS, type Cell, type Column } from './cells';
import { Evidence } from './evidence';
import type { Case } from './judge';
import { directionsOf, type Language, type Peer } from './peers';
import { Programs } from './programs';
import { queuesOn, type Queues } from './queues';
import { runCell, type Run } from './run-cell';

/** As many as the machine is kept busy with. */
const CELLS_AT_ONCE = 6;

const keyOf = ({ peer, direction, kind, propagator, isControl }: Cell) =>
  [peer.name, direction, kind, propagator, isControl].join();

/** Every cell of some peers on one system, each run once. */
export class Matrix {
  private readonly _cells = new Map<string, Cell>();
  private readonly _runs = new Map<string, Run | Error>();
  private _evidence?: Evidence;

  constructor(
    private readonly _system: System,
    peers: readonly Peer[],
  ) {
    for (const peer of peers)
      for (const direction of directionsOf(peer)) for (const column of COLUMNS) this._add(peer, direction, column);
  }

  /** Runs all cells and ends the programs, so that they have exported all that they ever will. */
  async run(address: string, folders: ReadonlyMap<Language, string>): Promise<void> {
    const receiver = await startOtlpReceiver();
    const programs = new Programs(receiver, folders);
    const maker = queuesOn[this._system](address);
    try {
      const queues = await maker.make(this._cells.size);
      const waiting = [...this._cells].map(([key, cell], index) => ({ key, cell, queues: queues[index] }));
      const work = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          this._runs.set(next.key, await this._tryCell(next.cell, programs, next.queues));
        }
      };
      await Promise.all(Array.from({ length: CELLS_AT_ONCE }, work));
    } finally {
      await programs.close();
      this._evidence = new Evidence(receiver.spans());
      await receiver.stop();
      await maker.deleteAll();
    }
  }

  caseOf(cell: Cell): Case {
    const run = this._runs.get(keyOf(cell));
    if (run instanceof Error) throw run;
    return { cell, run: run!, evidence: this._evidence! };
  }

  private _add(peer: Peer, direction: Cell['direction'], column: Column): void {
    if (peer.cannot?.(direction, column)) return;
    for (const isControl of [false, true]) {
      const cell = { peer, direction, kind: column.kind, propagator: column.propagator, isControl };
      this._cells.set(keyOf(cell), cell);
    }
  }

  private async _tryCell(cell: Cell, programs: Programs, queues: Queues): Promise<Run | Error> {
    try {
      return await runCell(cell, programs, queues);
    } catch (error) {
      return error as Error;
    }
  }
}
