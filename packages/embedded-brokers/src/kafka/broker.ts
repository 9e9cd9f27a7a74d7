import { createServer } from 'node:net';
import { HOST, serve, type EmbeddedBroker } from '../server';
import { Connection } from './connection';
import { Groups } from './groups';
import type { BrokerState } from './request';
import { Topics } from './topics';
import { Transactions } from './transactions';

export interface KafkaBrokerOptions {
  /** 0 (default) = a free one. */
  readonly port?: number;
  /** How many partitions a topic gets that is created by its first use. Default 3. */
  readonly partitions?: number;
}

/** A Kafka cluster of one node, in memory. Its address is `host:port`. */
export async function startKafkaBroker({ port = 0, partitions = 3 }: KafkaBrokerOptions = {}): Promise<EmbeddedBroker> {
  const [topics, groups, transactions] = [new Topics(partitions), new Groups(), new Transactions()];
  const state: BrokerState = { topics, groups, transactions, host: HOST, port };
  const server = createServer({ noDelay: true }, socket => new Connection(state, socket));
  const broker = await serve(server, port, bound => `${HOST}:${bound}`);
  state.port = broker.port;
  const stop = () => {
    groups.stop();
    return broker.stop();
  };
  return { ...broker, stop };
}
