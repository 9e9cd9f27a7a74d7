import type { Peer } from './peers';

/** What happens to the messages on their way. */
export type Kind = 'single' | 'batch' | 'retry' | 'dead letter' | 'unsampled';
export type Propagator = 'w3c' | 'b3' | 'xray';
export type Direction = 'from Node' | 'to Node';

/** One run of messages between Node.js and a peer. */
export interface Cell {
  readonly peer: Peer;
  readonly direction: Direction;
  readonly kind: Kind;
  readonly propagator: Propagator;
  /** Without our instrumentation: what is seen of all others must not be seen here. */
  readonly isControl: boolean;
}

/** What is asked about the messages of a cell; several questions may be asked about the same ones. */
export interface Column {
  readonly title: string;
  readonly kind: Kind;
  readonly propagator: Propagator;
  readonly asks: 'trace' | 'baggage' | 'tracestate' | 'sampling';
}

export const COLUMNS: readonly Column[] = [
  { title: 'single', kind: 'single', propagator: 'w3c', asks: 'trace' },
  { title: 'batch', kind: 'batch', propagator: 'w3c', asks: 'trace' },
  { title: 'retry', kind: 'retry', propagator: 'w3c', asks: 'trace' },
  { title: 'dead letter', kind: 'dead letter', propagator: 'w3c', asks: 'trace' },
  { title: 'baggage', kind: 'single', propagator: 'w3c', asks: 'baggage' },
  { title: 'tracestate', kind: 'single', propagator: 'w3c', asks: 'tracestate' },
  { title: 'not sampled', kind: 'unsampled', propagator: 'w3c', asks: 'sampling' },
  { title: 'B3', kind: 'single', propagator: 'b3', asks: 'trace' },
  { title: 'X-Ray', kind: 'single', propagator: 'xray', asks: 'trace' },
];

export const titleOf = (peer: Peer, direction: Direction) =>
  direction === 'from Node' ? `Node → ${peer.name}` : `${peer.name} → Node`;
