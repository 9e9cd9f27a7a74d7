import {
  learnCluster,
  learnProduced,
  tellOutcome,
  type Advice,
  type KafkaMetadata,
  type ProducedTopic,
} from '@queuetrace/messaging';

interface Address {
  host: string;
  port: number;
}

interface Broker {
  brokerAddress: string;
  connectionPool?: Address;
  /** Before 2.0. */
  connection?: Address;
  /** By API key. */
  versions?: Record<number, { maxVersion: number } | undefined>;
}

const PRODUCE = 0;

/** What the library's own requests to a broker tell on the way. */
export const brokerAdvice: Record<'produce' | 'metadata', Advice> = {
  produce(call, [{ topicData }]: [{ topicData: ProducedTopic[] }], broker: Broker) {
    const { connection, connectionPool: leader = connection, versions } = broker;
    const produceVersion = versions?.[PRODUCE]?.maxVersion;
    if (leader) learnProduced({ address: leader.host, port: leader.port, produceVersion }, topicData);
    return call();
  },

  metadata(call, _args, { brokerAddress }: Broker) {
    return tellOutcome(call() as Promise<KafkaMetadata>, answer => learnCluster(brokerAddress, answer));
  },
};
