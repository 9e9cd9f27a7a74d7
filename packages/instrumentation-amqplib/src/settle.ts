import { type Advice, type MessagingTelemetry, type RabbitMqMessage } from '@queuetrace/messaging';
import type { Channel, Message } from 'amqplib';
import { onDelivery, serverOf } from './message';
import type { Settlement, Unsettled } from './unsettled';

type UnsettledOf = (channel: Channel) => Unsettled;
type Settle = 'ack' | 'nack' | 'reject' | 'ackAll' | 'nackAll';

/** `ack`, `nack`, `reject`, `ackAll`, `nackAll`: the library first, so that only what it has sent counts as settled. */
export function settleAdvice(
  telemetry: MessagingTelemetry<RabbitMqMessage>,
  unsettledOf: UnsettledOf,
): Record<Settle, Advice> {
  /** `settlementOf` reads the arguments: which messages, and how. */
  const one = (settlementOf: (args: unknown[]) => Settlement, isMultiple: (args: unknown[]) => boolean): Advice => {
    return (call, args: [Message, ...unknown[]], channel: Channel) => {
      const [message] = args;
      if (!message?.fields) return call();
      const settlement = settlementOf(args);
      const result = telemetry.settle(onDelivery(settlement.name, message, '', channel), false, () => call());
      const { deliveryTag } = message.fields;
      if (isMultiple(args)) unsettledOf(channel).settleUpTo(deliveryTag, settlement);
      else unsettledOf(channel).settle(deliveryTag, settlement);
      return result;
    };
  };
  const all = (settlementOf: (args: unknown[]) => Settlement): Advice => {
    return (call, args: unknown[], channel: Channel) => {
      const settlement = settlementOf(args);
      const operation = { name: settlement.name, destination: {}, messages: [], server: serverOf(channel) };
      const result = telemetry.settle(operation, false, () => call());
      unsettledOf(channel).settleUpTo(Infinity, settlement);
      return result;
    };
  };
  const ack = (): Settlement => ({ name: 'ack' });
  return {
    ack: one(ack, ([, allUpTo]) => Boolean(allUpTo)),
    // Both requeue unless told not to.
    nack: one(
      ([, , requeue]) => ({ name: 'nack', requeue: requeue === undefined || Boolean(requeue) }),
      ([, allUpTo]) => Boolean(allUpTo),
    ),
    reject: one(
      ([, requeue]) => ({ name: 'reject', requeue: requeue === undefined || Boolean(requeue) }),
      () => false,
    ),
    ackAll: all(ack),
    nackAll: all(([requeue]) => ({ name: 'nack', requeue: requeue === undefined || Boolean(requeue) })),
  };
}
