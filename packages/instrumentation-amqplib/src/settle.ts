import { type Advice, type MessagingTelemetry, type Operation, type RabbitMqMessage } from '@queuetrace/messaging';
import type { Channel, Message } from 'amqplib';
import type { Settlement, Unsettled } from './unsettled';

type FindUnsettled = (channel: Channel) => Unsettled | undefined;
type Settle = 'ack' | 'nack' | 'reject' | 'ackAll' | 'nackAll';

/** What the arguments of a call say. */
interface Call {
  settlement: Settlement;
  /** Infinity for all that there are. */
  deliveryTag: number | undefined;
  isMultiple: boolean;
}

/** `ack`, `nack`, `reject`, `ackAll`, `nackAll`: the library first, so that only what it has sent counts as settled. */
export function settleAdvice(
  telemetry: MessagingTelemetry<RabbitMqMessage>,
  findUnsettled: FindUnsettled,
): Record<Settle, Advice> {
  const advice = (read: (args: never) => Call): Advice => {
    return (call, args, channel: Channel) => {
      const { settlement, deliveryTag, isMultiple } = read(args as never);
      const unsettled = findUnsettled(channel);
      if (!unsettled || deliveryTag === undefined) return call();
      const operation =
        telemetry.config.settleSpans === 'all'
          ? settling(settlement.name, unsettled.operations(deliveryTag, isMultiple))
          : undefined;
      // The broker answers none of them.
      const isTold = operation && telemetry.observes(operation.destination.name);
      const result = isTold ? telemetry.settle(operation, false, () => call()) : call();
      unsettled.settle(deliveryTag, isMultiple, settlement);
      return result;
    };
  };
  return {
    ack: advice(([message, allUpTo]: [Message, boolean]) => one({ name: 'ack' }, message, allUpTo)),
    nack: advice(([message, allUpTo, requeue]: [Message, boolean, boolean]) =>
      one(refused('nack', requeue), message, allUpTo),
    ),
    reject: advice(([message, requeue]: [Message, boolean]) => one(refused('reject', requeue), message)),
    ackAll: advice(() => all({ name: 'ack' })),
    nackAll: advice(([requeue]: [boolean]) => all(refused('nack', requeue))),
  };
}

const all = (settlement: Settlement): Call => ({ settlement, deliveryTag: Infinity, isMultiple: true });

/** The library looks at nothing but the tag; to the broker, all up to 0 are all. */
function one(settlement: Settlement, message: Message | undefined, allUpTo?: boolean): Call {
  const deliveryTag = message?.fields?.deliveryTag;
  return deliveryTag === 0 && allUpTo ? all(settlement) : { settlement, deliveryTag, isMultiple: Boolean(allUpTo) };
}

/** A message goes back to its queue unless the caller says otherwise. */
function refused(name: 'nack' | 'reject', requeue: unknown): Settlement {
  return { name, requeue: requeue === undefined || Boolean(requeue) };
}

/** One operation for all that a call settles; nothing where we have seen none of it. */
function settling(name: string, settled: Operation<RabbitMqMessage>[]): Operation<RabbitMqMessage> | undefined {
  if (settled.length === 0) return undefined;
  const [{ destination, server }] = settled;
  const isShared = settled.every(one => one.destination.name === destination.name);
  return {
    name,
    destination: isShared ? destination : {},
    messages: settled.flatMap(one => one.messages),
    isBatch: settled.length > 1,
    server,
  };
}
