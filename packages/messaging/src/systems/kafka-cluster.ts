/* What a Kafka client learns of its cluster on the way, alike for every library. */

const MAX_BROKERS = 1000;
/** By host and port. */
const clusterIds = new Map<string, string>();

/** The answer to a Metadata request. */
export interface KafkaMetadata {
  /** From version 2 of the request. */
  clusterId?: string | null;
  brokers: readonly { host: string; port: number }[];
}

/** @param asked the broker that answered: a bootstrap address need not be one that the cluster tells */
export function learnCluster(asked: string, { clusterId, brokers }: KafkaMetadata): void {
  if (!clusterId || clusterIds.size > MAX_BROKERS) return;
  clusterIds.set(asked, clusterId);
  for (const { host, port } of brokers) clusterIds.set(`${host}:${port}`, clusterId);
}

/** Undefined until the client has asked for metadata by itself. */
export const clusterIdOf = (broker: string): string | undefined => clusterIds.get(broker);
