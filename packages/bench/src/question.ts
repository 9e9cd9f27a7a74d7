/** What a worker is asked. */
export interface Ask {
  case: string;
  /** How long a measurement should take, in CPU time, where that can be chosen. */
  targetMs: number;
}

/** What it answers: CPU time, in the unit of the benchmark, and how many spans there were. */
export interface Answer {
  perMessage: number;
  /** The time that it took, in the same unit, of a case that tells it. */
  elapsed?: number;
  spans: number;
}
