import { copyTopics, learnAppended, type Advice, type Call, type KafkaTopics } from '@queuetrace/messaging';
import type { ProducerBatch, ProducerRecord, RecordMetadata } from 'kafkajs';
import type { TracedClient } from './traced-client';

/** What `send` and `sendBatch` mean, of a producer and of a transaction. */
export function producerAdvice(traced: TracedClient): Record<'send' | 'sendBatch', Advice> {
  const { telemetry } = traced;
  const observes = (topic: string) => telemetry.observes(topic);
  const send = <T>({ messages, destination, destinationOf }: KafkaTopics<T>, call: Call, args: object) => {
    const operation = { name: 'send', destination, destinationOf, messages, isBatch: true, ...traced.known };
    const active = telemetry.startSend(operation);
    const tell = (result: unknown) =>
      learnAppended(
        active,
        (result as RecordMetadata[]).filter(({ topicName }) => observes(topicName)),
      );
    return active.follow(() => call([args]), tell);
  };
  return {
    send(call, [record]: [ProducerRecord]) {
      const copied = copyTopics([record], observes);
      return copied ? send(copied, call, copied.topics[0]) : call();
    },

    sendBatch(call, [batch]: [ProducerBatch]) {
      const copied = copyTopics(batch?.topicMessages, observes);
      return copied ? send(copied, call, { ...batch, topicMessages: copied.topics }) : call();
    },
  };
}
