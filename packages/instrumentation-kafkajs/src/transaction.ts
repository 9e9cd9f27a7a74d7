import type { Advice, Patch, Transaction } from '@queuetrace/messaging';
import type { Offsets, Transaction as KafkaTransaction } from 'kafkajs';
import type { ClientFacts, Telemetry } from './client-facts';
import { commit } from './consumer';
import { producerAdvice } from './producer';

/** One producer's transactions. It has at most one open, and that one is over when the producer goes. */
export function transactionAdvice(
  telemetry: Telemetry,
  facts: ClientFacts,
  patch: (patch: Patch) => void,
): Record<'transaction' | 'disconnect', Advice> {
  let open: Transaction | undefined;
  return {
    transaction(call) {
      const begun = telemetry.startTransaction(facts.known);
      return begun.follow(call() as Promise<KafkaTransaction>, target => {
        open = begun;
        patch({ target, methods: partsOf(begun, telemetry, facts) });
      });
    },
    disconnect(call) {
      open?.end('abandoned');
      return call();
    },
  };
}

function partsOf(begun: Transaction, telemetry: Telemetry, facts: ClientFacts): Record<string, Advice> {
  const { send, sendBatch } = producerAdvice(telemetry, facts);
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
    sendOffsets: within(
      (call, [{ consumerGroupId: consumerGroup, topics }]: [Offsets & { consumerGroupId: string }]) => {
        const names = topics.map(({ topic }) => topic);
        return commit(telemetry, names, { ...facts.known, consumerGroup }, call);
      },
    ),
    commit: ending('committed'),
    abort: ending('aborted'),
  };
}
