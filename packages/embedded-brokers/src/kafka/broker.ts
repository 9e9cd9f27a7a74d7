import { createServer, isIPv6 } from 'node:net';
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
  /** A loopback address. Default: 127.0.0.1. */
  readonly host?: string;
  /** 1 is that of brokers before 0.11, whose messages have no headers. Default 2. */
  readonly messageFormat?: 1 | 2;
}

/** A Kafka cluster of one node, in memory. Its address is `host:port`. */
export async function startKafkaBroker({
  port = 0,
  partitions = 3,
  host = HOST,
  messageFormat = 2,
}: KafkaBrokerOptions = {}): Promise<EmbeddedBroker> {
  const [topics, groups, transactions] = [new Topics(partitions), new Groups(), new Transactions()];
  const state: BrokerState = { topics, groups, transactions, messageFormat, host, port };
  const server = createServer({ noDelay: true }, socket => new Connection(state, socket));
  const broker = await serve(server, port, bound => `${isIPv6(host) ? `[${host}]` : host}:${bound}`, host);
  state.port = broker.port;
  const stop = () => {
    groups.stop();
    return broker.stop();
  };
  const start = () => {
    groups.start();
    return broker.start();
  };
  return { ...broker, stop, start };
}
