import { learnCluster, learnLeader, tellOutcome, type Advice, type KafkaMetadata } from '@queuetrace/messaging';

interface Broker {
  brokerAddress: string;
  connectionPool?: { host: string; port: number };
  /** Before 2.0. */
  connection?: { host: string; port: number };
}

/** What the library's own requests to a broker tell on the way. */
export const brokerAdvice: Record<'produce' | 'metadata', Advice> = {
  produce(call, _args, { connectionPool, connection }: Broker) {
    const leader = connectionPool ?? connection;
    if (leader) learnLeader(leader.host, leader.port);
    return call();
  },

  metadata(call, _args, { brokerAddress }: Broker) {
    return tellOutcome(call() as Promise<KafkaMetadata>, answer => learnCluster(brokerAddress, answer));
  },
};
