import type { Row, Stage } from './stage';

/** What is played of one client, on a broker of its own. */
export interface Script<Actors> {
  /** The clients that the rows share. */
  start(address: string): Promise<Actors>;
  /** Before each row. */
  before?(actors: Actors, stage: Stage): unknown;
  /** After each row: what it began has reached the broker then. */
  after?(actors: Actors, stage: Stage): unknown;
  stop(actors: Actors): unknown;
  readonly rows: readonly Row<Actors>[];
  /** Played beside all others, as the library itself waits for seconds in them: what they do is seen by nobody else. */
  readonly meanwhile?: readonly Row<Actors>[];
}

/** What became of a row. */
export interface Played {
  readonly name: string;
  readonly events: readonly string[];
}

export interface Performance {
  readonly rows: readonly Played[];
  readonly covered: readonly string[];
  /** What the broker got, by connection or destination, in order. */
  readonly wire: Readonly<Record<string, readonly string[]>>;
}
