import type { Advice, Patch, Transaction } from '@queuetrace/messaging';
import type { Offsets, Transaction as KafkaTransaction } from 'kafkajs';
import { commit } from './consumer';
import { producerAdvice } from './producer';
import type { TracedClient } from './traced-client';

/** One producer's transactions. It has at most one open, and that one is over when the producer goes. */
export function transactionAdvice(
  traced: TracedClient,
  patch: (patch: Patch) => void,
): Record<'transaction' | 'disconnect', Advice> {
  let open: Transaction | undefined;
  return {
    transaction(call) {
      const begun = traced.telemetry.startTransaction(traced.known);
      return begun.follow(call() as Promise<KafkaTransaction>, target => {
        open = begun;
        patch({ target, methods: partsOf(begun, traced) });
      });
    },
    disconnect(call) {
      open?.end('abandoned');
      return call();
    },
  };
}

function partsOf(begun: Transaction, traced: TracedClient): Record<string, Advice> {
  const { send, sendBatch } = producerAdvice(traced);
  const within =
    (advice: Advice): Advice =>
    (call, args, self) =>
      begun.run(() => advice(call, args, self));
  const ending =
    (outcome: 'committed' | 'aborted'): Advice =>
    call =>
      begun.follow(call() as Promise<void>, () => begun.end(outcome));
  return {
    send: within(send),
    sendBatch: within(sendBatch),
    sendOffsets: within((call, [{ consumerGroupId, topics }]: [Offsets & { consumerGroupId: string }]) =>
      commit(traced, topics, call, consumerGroupId),
    ),
    commit: ending('committed'),
    abort: ending('aborted'),
  };
}
