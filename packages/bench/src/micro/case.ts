import type { Mode } from '../modes';

/** One thing that is measured: what an app does with a client, again and again. */
export interface Case {
  readonly name: string;
  /** How many messages one call is about; costs are told a message. */
  readonly messages: number;
  /** Calls in one measurement, where that is not for the clock to say. */
  readonly fixedCalls?: number;
  /** What each of so many calls is given, made outside of the measurement: apps have new messages each time, too. */
  prepare?(calls: number): void;
  call(index: number): unknown;
}

/** The cases of one client, in one mode. */
export type MakeCases = (mode: Mode) => Promise<Case[]>;
