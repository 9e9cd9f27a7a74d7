import type { KafkaMessage, Operation } from '@queuetrace/messaging';
import type { Batch, EachMessagePayload, Message } from 'kafkajs';
import type { ClientFacts } from './client-facts';

/** What the library reads of a message. */
const FIELDS = ['key', 'value', 'partition', 'headers', 'timestamp'] as const;

/** A copy to inject into: the caller's message may be frozen, shared or sent again. */
export function copyOf(message: Message): Message & KafkaMessage {
  const copy: Partial<Record<keyof Message, unknown>> = { ...message };
  // What a class declares as accessors is no own property.
  for (const field of FIELDS) if (!(field in copy) && field in message) copy[field] = message[field];
  return copy as Message & KafkaMessage;
}

export function processOne(
  { topic, partition, message }: Pick<EachMessagePayload, 'topic' | 'partition' | 'message'>,
  facts: ClientFacts['known'],
): Operation<KafkaMessage> {
  return {
    name: 'process',
    destination: { name: topic, partitionId: String(partition) },
    messages: [message as KafkaMessage],
    ...facts,
  };
}

export function processBatch(
  { topic, partition, messages }: Batch,
  facts: ClientFacts['known'],
): Operation<KafkaMessage> {
  return {
    name: 'process',
    destination: { name: topic, partitionId: String(partition) },
    messages: messages as KafkaMessage[],
    isBatch: true,
    ...facts,
  };
}
