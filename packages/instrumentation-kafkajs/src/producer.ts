import {
  copyRecord,
  isSendableToKafka,
  kafkaDestination,
  learnAppended,
  type Advice,
  type KafkaMessage,
} from '@queuetrace/messaging';
import type { ProducerBatch, ProducerRecord, RecordMetadata, TopicMessages } from 'kafkajs';
import type { TracedClient } from './traced-client';

/** What `send` and `sendBatch` mean, of a producer and of a transaction. */
export function producerAdvice(traced: TracedClient): Record<'send' | 'sendBatch', Advice> {
  const { telemetry } = traced;
  const send = (topics: string[], messages: KafkaMessage[], call: () => unknown) => {
    const destination = kafkaDestination(topics);
    const active = telemetry.startSend({ name: 'send', destination, messages, isBatch: true, ...traced.known });
    return active.follow(call, result => learnAppended(active, (result as RecordMetadata[]).map(appended)));
  };
  return {
    send(call, [record]: [ProducerRecord]) {
      if (!isSendableToKafka(record) || !telemetry.observes(record.topic)) return call();
      const messages = record.messages.map(copyRecord);
      return send([record.topic], messages, () => call([{ ...record, topic: record.topic, messages }]));
    },

    sendBatch(call, [batch]: [ProducerBatch]) {
      const entries = batch?.topicMessages;
      if (!Array.isArray(entries) || !entries.every(isSendableToKafka)) return call();
      // Messages of an ignored topic go out as they are.
      const isTraced = ({ topic }: TopicMessages) => telemetry.observes(topic);
      const topicMessages = entries.map(one =>
        isTraced(one) ? { ...one, messages: one.messages.map(copyRecord) } : one,
      );
      const traced = topicMessages.filter(isTraced);
      const topics = traced.map(({ topic }) => topic);
      const messages = traced.flatMap(one => one.messages) as KafkaMessage[];
      return messages.length === 0 ? call() : send(topics, messages, () => call([{ ...batch, topicMessages }]));
    },
  };
}

function appended({ topicName: topic, partition, baseOffset, offset = baseOffset }: RecordMetadata) {
  // Without acknowledgement nobody knows where.
  return { topic, partition, offset: Number(offset ?? -1) < 0 ? undefined : Number(offset) };
}
