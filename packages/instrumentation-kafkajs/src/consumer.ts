import {
  activeOperation,
  copyWith,
  guarded,
  kafkaDestination,
  kafkaLag,
  kafkaProcessing,
  processBatch,
  type Advice,
  type Call,
  type KafkaPartitions,
  type KafkaMessage,
} from '@queuetrace/messaging';
import type {
  Batch,
  ConsumerRunConfig,
  EachBatchPayload,
  EachMessagePayload,
  Offsets,
  TopicPartitionOffset,
} from 'kafkajs';
import type { TracedClient } from './traced-client';

/** What a consumer's methods mean. Handlers are wrapped in a copy of the run configuration. */
export function consumerAdvice(
  traced: TracedClient,
  partitions: KafkaPartitions,
): Record<'run' | 'commitOffsets' | 'seek', Advice> {
  return {
    run(call, [config]: [ConsumerRunConfig]) {
      if (typeof config !== 'object' || config === null) return call();
      const eachMessage = traced.wrap(config.eachMessage, eachMessageAdvice(traced));
      const eachBatch = traced.wrap(config.eachBatch, eachBatchAdvice(traced));
      return call([{ ...config, eachMessage, eachBatch }]);
    },

    commitOffsets: (call, [offsets]: [Committed]) => commit(traced, offsets, call),

    seek(call, [to]: [TopicPartitionOffset]) {
      call();
      guarded('seeking', () => partitions.sought(to));
    },
  };
}

type Committed = { topic?: string }[] | undefined;

/** Offsets of a group that the app commits itself. */
export function commit(
  { telemetry, known }: TracedClient,
  offsets: Committed = [],
  call: Call,
  consumerGroup = known.consumerGroup,
) {
  const destination = kafkaDestination(offsets.map(({ topic }) => topic));
  if (!telemetry.observes(destination.name)) return call();
  return telemetry.settle({ name: 'commit', destination, messages: [], ...known, consumerGroup }, true, () => call());
}

function eachMessageAdvice(traced: TracedClient): Advice {
  const { telemetry } = traced;
  return (call, args: [EachMessagePayload]) => {
    // By index, here and wherever it is done for each message: to take an array apart is to make an iterator.
    const { topic, partition, message } = args[0];
    if (!telemetry.observes(topic)) return call();
    return telemetry.process(kafkaProcessing(topic, partition, [message as KafkaMessage], traced.known), () => call());
  };
}

function eachBatchAdvice(traced: TracedClient): Advice {
  const { telemetry } = traced;
  return (call, [payload]: [EachBatchPayload]) => {
    const { batch } = payload;
    if (!telemetry.observes(batch.topic)) return call();
    const messages = batch.messages as KafkaMessage[];
    const operation = kafkaProcessing(batch.topic, batch.partition, messages, traced.known, true);
    const lag = kafkaLag(batch.highWatermark, batch.firstOffset()!);
    // Without offsets the library commits what it would anyway.
    const commitOffsetsIfNecessary = traced.wrap(payload.commitOffsetsIfNecessary, (commitCall, [given]: [Offsets?]) =>
      given ? commit(traced, given.topics, commitCall) : commitCall(),
    );
    return processBatch(telemetry, operation, handed => {
      activeOperation()?.set({ kafkaConsumerLag: lag });
      const copy = handed === messages ? batch : copyWith(batch, { messages: handed as Batch['messages'] });
      return call([{ ...payload, batch: copy, commitOffsetsIfNecessary }]);
    });
  };
}
