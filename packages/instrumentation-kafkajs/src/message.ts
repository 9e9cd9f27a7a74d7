import type { KafkaMessage, Operation } from '@queuetrace/messaging';
import type { Batch, EachMessagePayload, Message } from 'kafkajs';

/** A copy to inject into: the caller's message may be frozen, shared or sent again. */
export function copyOf(message: Message): Message & KafkaMessage {
  return { ...message } as Message & KafkaMessage;
}

export function processOne(
  { topic, partition, message }: Pick<EachMessagePayload, 'topic' | 'partition' | 'message'>,
  consumerGroup: string,
): Operation<KafkaMessage> {
  return {
    name: 'process',
    destination: { name: topic, partitionId: String(partition) },
    messages: [message as KafkaMessage],
    consumerGroup,
  };
}

export function processBatch({ topic, partition, messages }: Batch, consumerGroup: string): Operation<KafkaMessage> {
  return {
    name: 'process',
    destination: { name: topic, partitionId: String(partition) },
    messages: messages as KafkaMessage[],
    isBatch: true,
    consumerGroup,
  };
}
