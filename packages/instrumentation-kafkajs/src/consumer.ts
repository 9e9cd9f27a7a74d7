import {
  Delivery,
  registerDelivery,
  traceLoop,
  type ActiveOperation,
  type Advice,
  type KafkaMessage,
  type MessagingTelemetry,
} from '@queuetrace/messaging';
import type { Batch, ConsumerRunConfig, EachBatchPayload, EachMessagePayload } from 'kafkajs';
import { processBatch, processOne } from './message';

type Telemetry = MessagingTelemetry<KafkaMessage>;
type Wrap = <F>(handler: F, advice: Advice) => F;

/** What a consumer's methods mean. Handlers are wrapped in a copy of the run configuration. */
export function consumerAdvice(
  telemetry: Telemetry,
  wrap: Wrap,
  group: string,
): Record<'run' | 'commitOffsets', Advice> {
  return {
    run(call, [config]: [ConsumerRunConfig]) {
      if (typeof config !== 'object' || config === null) return call();
      const { eachMessage, eachBatch } = config;
      return call([
        {
          ...config,
          eachMessage: wrap(eachMessage, eachMessageAdvice(telemetry, group)),
          eachBatch: wrap(eachBatch, eachBatchAdvice(telemetry, group)),
        },
      ]);
    },

    commitOffsets(call, [offsets]: [{ topic?: string }[] | undefined]) {
      const topics = [...new Set(offsets?.map(({ topic }) => topic))];
      const destination = { name: topics.length === 1 ? topics[0] : undefined };
      if (!telemetry.observes(destination.name)) return call();
      return telemetry.settle({ name: 'commit', destination, messages: [], consumerGroup: group }, true, () => call());
    },
  };
}

function eachMessageAdvice(telemetry: Telemetry, group: string): Advice {
  return (call, [payload]: [EachMessagePayload]) => {
    if (!telemetry.observes(payload.topic)) return call();
    return telemetry.process(processOne(payload, group), () => call());
  };
}

function eachBatchAdvice(telemetry: Telemetry, group: string): Advice {
  return (call, [payload]: [EachBatchPayload]) => {
    const { batch } = payload;
    if (!telemetry.observes(batch.topic)) return call();
    const process = telemetry.startProcess(processBatch(batch, group));
    const deliveries = deliveriesOf(telemetry, batch, group, process);
    const loop = telemetry.config.loopSpans ? traceLoop(batch.messages, message => deliveries.get(message)) : undefined;
    const handed = loop ? { ...payload, batch: withMessages(batch, loop.messages) } : payload;
    return process.follow(
      () => call([handed]),
      undefined,
      error => loop?.finish(error),
    );
  };
}

/** Each message's own process operation, inside that of the batch. */
function deliveriesOf(
  telemetry: Telemetry,
  { topic, partition, messages }: Batch,
  group: string,
  process: ActiveOperation,
) {
  const deliveries = new Map<object, Delivery>();
  for (const message of messages) {
    const operation = processOne({ topic, partition, message }, group);
    const delivery = new Delivery(startTime =>
      telemetry.startProcess(operation, { ambient: process.context, isCounted: true, startTime }),
    );
    deliveries.set(message, registerDelivery(message, delivery));
  }
  return deliveries;
}

/** A batch like the library's own, with its methods, over other messages. */
function withMessages(batch: Batch, messages: Batch['messages']): Batch {
  return Object.assign(Object.create(Object.getPrototypeOf(batch) as object), batch, { messages }) as Batch;
}
