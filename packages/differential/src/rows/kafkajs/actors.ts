import { Kafka, logLevel, type Admin, type Consumer, type KafkaConfig, type Producer } from 'kafkajs';

export interface Actors {
  address: string;
  kafka: Kafka;
  producer: Producer;
  admin: Admin;
  /** Never connected. */
  consumer: Consumer;
}

/** One partition: the order of records is then that of the calls. */
export const topic = 'orders';

export const config = (address: string): KafkaConfig => ({
  clientId: 'shop',
  brokers: [address],
  logLevel: logLevel.NOTHING,
  retry: { retries: 0, initialRetryTime: 1, restartOnFailure: () => Promise.resolve(false) },
});

export async function start(address: string): Promise<Actors> {
  const kafka = new Kafka(config(address));
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  const producer = kafka.producer();
  await producer.connect();
  return { address, kafka, producer, admin, consumer: kafka.consumer({ groupId: 'never-connected' }) };
}

export async function stop({ producer, admin }: Actors): Promise<void> {
  await producer.disconnect();
  await admin.disconnect();
}
