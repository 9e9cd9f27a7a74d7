import {
  kafkaDestination,
  processBatch,
  type Advice,
  type Call,
  type KafkaMessage,
  type Wrap,
} from '@queuetrace/messaging';
import type { Batch, ConsumerRunConfig, EachBatchPayload, EachMessagePayload } from 'kafkajs';
import type { ClientFacts, Telemetry } from './client-facts';

/** What a consumer's methods mean. Handlers are wrapped in a copy of the run configuration. */
export function consumerAdvice(
  telemetry: Telemetry,
  wrap: Wrap,
  facts: ClientFacts,
): Record<'run' | 'commitOffsets', Advice> {
  return {
    run(call, [config]: [ConsumerRunConfig]) {
      if (typeof config !== 'object' || config === null) return call();
      const { eachMessage, eachBatch } = config;
      return call([
        {
          ...config,
          eachMessage: wrap(eachMessage, eachMessageAdvice(telemetry, facts)),
          eachBatch: wrap(eachBatch, eachBatchAdvice(telemetry, facts)),
        },
      ]);
    },

    commitOffsets(call, [offsets]: [{ topic?: string }[] | undefined]) {
      return commit(telemetry, offsets?.map(({ topic }) => topic) ?? [], facts.known, call);
    },
  };
}

/** Offsets of a group that the app commits itself. */
export function commit(telemetry: Telemetry, topics: (string | undefined)[], known: ClientFacts['known'], call: Call) {
  const destination = kafkaDestination(topics);
  if (!telemetry.observes(destination.name)) return call();
  return telemetry.settle({ name: 'commit', destination, messages: [], ...known }, true, () => call());
}

function eachMessageAdvice(telemetry: Telemetry, facts: ClientFacts): Advice {
  return (call, [{ topic, partition, message }]: [EachMessagePayload]) => {
    if (!telemetry.observes(topic)) return call();
    return telemetry.process({ ...processing(topic, partition, facts), messages: [message as KafkaMessage] }, () =>
      call(),
    );
  };
}

function eachBatchAdvice(telemetry: Telemetry, facts: ClientFacts): Advice {
  return (call, [payload]: [EachBatchPayload]) => {
    const { batch } = payload;
    if (!telemetry.observes(batch.topic)) return call();
    const messages = batch.messages as KafkaMessage[];
    const operation = { ...processing(batch.topic, batch.partition, facts), messages, isBatch: true };
    return processBatch(telemetry, operation, handed =>
      call(handed === messages ? undefined : [{ ...payload, batch: withMessages(batch, handed) }]),
    );
  };
}

function processing(topic: string, partition: number, facts: ClientFacts) {
  return { name: 'process', destination: { name: topic, partitionId: String(partition) }, ...facts.known };
}

/** A batch like the library's own, with its methods, over other messages. */
function withMessages(batch: Batch, messages: readonly KafkaMessage[]): Batch {
  return Object.assign(Object.create(Object.getPrototypeOf(batch) as object), batch, { messages }) as Batch;
}
