import { copyRecord, kafkaDestination, learnAppended, type Advice, type KafkaMessage } from '@queuetrace/messaging';
import type { ProducerBatch, ProducerRecord, RecordMetadata, TopicMessages } from 'kafkajs';
import type { ClientFacts, Telemetry } from './client-facts';

/** What `send` and `sendBatch` mean, of a producer and of a transaction. */
export function producerAdvice(telemetry: Telemetry, facts: ClientFacts): Record<'send' | 'sendBatch', Advice> {
  return {
    send(call, [record]: [ProducerRecord]) {
      if (!isSendable(record) || !telemetry.observes(record.topic)) return call();
      const messages = record.messages.map(copyRecord);
      return send(telemetry, facts, [record.topic], messages, () =>
        call([{ ...record, topic: record.topic, messages }]),
      );
    },

    sendBatch(call, [batch]: [ProducerBatch]) {
      const entries = batch?.topicMessages;
      if (!Array.isArray(entries) || !entries.every(isSendable)) return call();
      // Messages of an ignored topic go out as they are.
      const isTraced = ({ topic }: TopicMessages) => telemetry.observes(topic);
      const topicMessages = entries.map(one =>
        isTraced(one) ? { ...one, messages: one.messages.map(copyRecord) } : one,
      );
      const traced = topicMessages.filter(isTraced);
      const messages = traced.flatMap(one => one.messages) as KafkaMessage[];
      if (messages.length === 0) return call();
      return send(
        telemetry,
        facts,
        traced.map(one => one.topic),
        messages,
        () => call([{ ...batch, topicMessages }]),
      );
    },
  };
}

function send(
  telemetry: Telemetry,
  facts: ClientFacts,
  topics: string[],
  messages: KafkaMessage[],
  call: () => unknown,
) {
  const destination = kafkaDestination(topics);
  const active = telemetry.startSend({ name: 'send', destination, messages, isBatch: true, ...facts.known });
  return active.follow(call, result => learnAppended(active, (result as RecordMetadata[]).map(appended)));
}

function appended({ topicName: topic, partition, baseOffset, offset = baseOffset }: RecordMetadata) {
  // Without acknowledgement nobody knows where.
  return { topic, partition, offset: Number(offset ?? -1) < 0 ? undefined : Number(offset) };
}

/** What the library takes; with anything else it complains in its own way. */
function isSendable(record: Partial<ProducerRecord> | undefined): boolean {
  return (
    typeof record?.topic === 'string' &&
    Array.isArray(record.messages) &&
    record.messages.every(message => typeof message === 'object' && message?.value !== undefined)
  );
}
