import type { Reader, Writer } from './codec';
import type { Groups } from './groups';
import type { Topics } from './topics';
import type { Transactions } from './transactions';

/** Everything that the broker knows. It is the only node of its cluster, hence leader and coordinator of everything. */
export interface BrokerState {
  readonly topics: Topics;
  readonly groups: Groups;
  readonly transactions: Transactions;
  readonly messageFormat: 1 | 2;
  /** Where clients are told to go. */
  readonly host: string;
  port: number;
}

export interface KafkaRequest {
  readonly broker: BrokerState;
  readonly version: number;
  readonly body: Reader;
  readonly clientId: string;
  readonly clientHost: string;
}

/** Gives the response, or nothing where the client expects none. */
export type Handler = (request: KafkaRequest) => Writer | undefined | Promise<Writer>;

export const NODE_ID = 1;
