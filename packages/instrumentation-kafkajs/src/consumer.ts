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
import type { ClientFacts } from './client-facts';
import { processBatch, processOne } from './message';

type Telemetry = MessagingTelemetry<KafkaMessage>;
type Wrap = <F>(handler: F, advice: Advice) => F;

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
      const topics = [...new Set(offsets?.map(({ topic }) => topic))];
      const destination = { name: topics.length === 1 ? topics[0] : undefined };
      if (!telemetry.observes(destination.name)) return call();
      return telemetry.settle({ name: 'commit', destination, messages: [], ...facts.known }, true, () => call());
    },
  };
}

function eachMessageAdvice(telemetry: Telemetry, facts: ClientFacts): Advice {
  return (call, [payload]: [EachMessagePayload]) => {
    if (!telemetry.observes(payload.topic)) return call();
    return telemetry.process(processOne(payload, facts.known), () => call());
  };
}

function eachBatchAdvice(telemetry: Telemetry, facts: ClientFacts): Advice {
  return (call, [payload]: [EachBatchPayload]) => {
    const { batch } = payload;
    if (!telemetry.observes(batch.topic)) return call();
    const process = telemetry.startProcess(processBatch(batch, facts.known));
    const deliveries = deliveriesOf(telemetry, batch, facts, process);
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
  facts: ClientFacts,
  process: ActiveOperation,
) {
  const deliveries = new Map<object, Delivery>();
  const { known } = facts;
  for (const message of messages) {
    const operation = processOne({ topic, partition, message }, known);
    const delivery = new Delivery((startTime, ambient) => {
      // Durations are those of the messages, wherever the app works on them.
      process.isTimedElsewhere = true;
      return telemetry.startProcess(operation, { ambient, isCounted: true, startTime });
    });
    deliveries.set(message, registerDelivery(message, delivery));
  }
  return deliveries;
}

/** A batch like the library's own, with its methods, over other messages. */
function withMessages(batch: Batch, messages: Batch['messages']): Batch {
  return Object.assign(Object.create(Object.getPrototypeOf(batch) as object), batch, { messages }) as Batch;
}
