import {
  copyWith,
  guarded,
  kafkaDestination,
  processBatch,
  type Advice,
  type Call,
  type KafkaAttempts,
  type KafkaMessage,
} from '@queuetrace/messaging';
import type { Batch, ConsumerRunConfig, EachBatchPayload, EachMessagePayload, TopicPartitionOffset } from 'kafkajs';
import type { TracedClient } from './traced-client';

/** What a consumer's methods mean. Handlers are wrapped in a copy of the run configuration. */
export function consumerAdvice(
  traced: TracedClient,
  attempts: KafkaAttempts,
): Record<'run' | 'commitOffsets' | 'seek', Advice> {
  return {
    run(call, [config]: [ConsumerRunConfig]) {
      if (typeof config !== 'object' || config === null) return call();
      const eachMessage = traced.wrap(config.eachMessage, eachMessageAdvice(traced));
      const eachBatch = traced.wrap(config.eachBatch, eachBatchAdvice(traced));
      return call([{ ...config, eachMessage, eachBatch }]);
    },

    commitOffsets(call, [offsets]: [{ topic?: string }[] | undefined]) {
      return commit(traced, offsets?.map(({ topic }) => topic) ?? [], call);
    },

    seek(call, [to]: [TopicPartitionOffset]) {
      call();
      guarded('seeking', () => attempts.sought(to));
    },
  };
}

/** Offsets of a group that the app commits itself. */
export function commit(
  { telemetry, known }: TracedClient,
  topics: (string | undefined)[],
  call: Call,
  consumerGroup = known.consumerGroup,
) {
  const destination = kafkaDestination(topics);
  if (!telemetry.observes(destination.name)) return call();
  return telemetry.settle({ name: 'commit', destination, messages: [], ...known, consumerGroup }, true, () => call());
}

function eachMessageAdvice(traced: TracedClient): Advice {
  const { telemetry } = traced;
  return (call, [{ topic, partition, message }]: [EachMessagePayload]) => {
    if (!telemetry.observes(topic)) return call();
    const operation = { ...processing(topic, partition, traced), messages: [message as KafkaMessage] };
    return telemetry.process(operation, () => call());
  };
}

function eachBatchAdvice(traced: TracedClient): Advice {
  const { telemetry } = traced;
  return (call, [payload]: [EachBatchPayload]) => {
    const { batch } = payload;
    if (!telemetry.observes(batch.topic)) return call();
    const messages = batch.messages as KafkaMessage[];
    const operation = { ...processing(batch.topic, batch.partition, traced), messages, isBatch: true };
    return processBatch(telemetry, operation, handed =>
      call(
        handed === messages
          ? undefined
          : [{ ...payload, batch: copyWith(batch, { messages: handed as Batch['messages'] }) }],
      ),
    );
  };
}

function processing(topic: string, partition: number, { known }: TracedClient) {
  return { name: 'process', destination: { name: topic, partitionId: String(partition) }, ...known };
}
