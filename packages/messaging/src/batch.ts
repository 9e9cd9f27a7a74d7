import { Delivery } from './delivery';
import { traceLoop } from './loop';
import { state } from './state';
import type { MessagingTelemetry } from './telemetry';
import type { Operation } from './types';

/**
 * A handler's work on a batch. Inside it, each message has its own process operation while a loop of the handler's, or
 * `processMessage`, works on it.
 * @param handler gets the messages to hand out: the batch's own, or with `loopSpans` a copy whose iteration is seen
 */
export function processBatch<M extends object, R>(
  telemetry: MessagingTelemetry<M>,
  batch: Operation<M>,
  handler: (messages: readonly M[]) => R,
): R {
  const process = telemetry.startProcess(batch);
  const deliveryOf = (message: object) =>
    new Delivery((startTime, ambient) => {
      // Durations are those of the messages, wherever the app works on them.
      process.isTimedElsewhere = true;
      const one = { ...batch, isBatch: false, messages: [message as M] };
      return telemetry.startProcess(one, { ambient, isCounted: true, startTime });
    });
  for (const message of batch.messages) state.deliveries.setLazily(message, deliveryOf);
  if (!telemetry.config.loopSpans) return process.follow(() => handler(batch.messages));
  const loop = traceLoop(batch.messages, message => state.deliveries.get(message));
  return process.follow(
    () => handler(loop.messages),
    undefined,
    error => loop.finish(error),
  );
}
