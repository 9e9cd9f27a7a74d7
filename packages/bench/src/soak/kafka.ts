import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { EachMessagePayload, Kafka } from 'kafkajs';
import { FaultProxy } from '@queuetrace/test-utils';
import { load } from '../library';
import { Ledger, type Load } from './load';

/** An app that leaves connecting anew to the library. */
export async function kafkaLoad(address: string): Promise<Load> {
  const proxy = await new FaultProxy(address).start();
  const ledger = new Ledger();
  const kafka = newClient(address, proxy);
  const topic = `soak-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
  const producer = kafka.producer();
  await producer.connect();
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100, sessionTimeout: 10_000 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: handler(ledger) });

  return {
    proxy,
    ledger,
    send() {
      const id = ledger.begin();
      producer.send({ topic, messages: [{ key: id, value: 'an order' }] }).then(
        () => ledger.sent(id),
        error => ledger.sent(id, error),
      );
    },
    async stop() {
      await Promise.all([consumer.disconnect(), producer.disconnect()]);
      await admin.deleteTopics({ topics: [topic] }).catch(() => {});
      await admin.disconnect();
      await proxy.stop();
    },
  };
}

function newClient(address: string, proxy: FaultProxy): Kafka {
  const library = load('kafkajs') as typeof import('kafkajs');
  return new library.Kafka({
    clientId: 'soak',
    brokers: [address],
    logLevel: library.logLevel.NOTHING,
    requestTimeout: 3000,
    connectionTimeout: 1000,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 10 },
    // Wherever the broker says that it is.
    socketFactory: ({ onConnect }) => connect(proxy.hostAndPort, onConnect),
  });
}

/** The library comes with the message again when its handler has failed. */
function handler(ledger: Ledger): (payload: EachMessagePayload) => Promise<void> {
  const failed = new Set<string>();
  return async ({ message }) => {
    const id = String(message.key);
    if (ledger.isFailing(id) && !failed.delete(id)) {
      failed.add(id);
      ledger.failures++;
      throw new Error('out of stock');
    }
    ledger.done(id);
  };
}
