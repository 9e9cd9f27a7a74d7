import {
  ACKED,
  rabbitmqRefusal,
  RECOVERED,
  type Advice,
  type Call,
  type RabbitMqChannels,
  type Settlement,
} from '@queuetrace/messaging';
import type { Channel, Message } from 'amqplib';

type Settle = 'ack' | 'nack' | 'reject' | 'ackAll' | 'nackAll' | 'recover';
type Requeue = boolean | undefined;

/** `ack`, `nack`, `reject`, `ackAll`, `nackAll`, `recover`, of what was delivered on the same channel. */
export function settleAdvice(channels: RabbitMqChannels<Channel>): Record<Settle, Advice> {
  /** The library looks at nothing but the tag; to the broker, all up to 0 are all. */
  const one = (call: Call, channel: Channel, settlement: Settlement, message?: Message, allUpTo?: boolean): unknown => {
    const known = channels.find(channel);
    const deliveryTag = message?.fields?.deliveryTag;
    if (!known || deliveryTag === undefined) return call();
    if (!allUpTo) return known.settle(settlement, deliveryTag, false, call);
    return known.settle(settlement, deliveryTag === 0 ? Infinity : deliveryTag, true, call);
  };
  const all = (call: Call, channel: Channel, settlement: Settlement): unknown => {
    const known = channels.find(channel);
    return known ? known.settle(settlement, Infinity, true, call) : call();
  };
  return {
    ack: (call, args: [Message, boolean], channel: Channel) => one(call, channel, ACKED, args[0], args[1]),
    nack: (call, args: [Message, boolean, Requeue], channel: Channel) =>
      one(call, channel, refused('nack', args[2]), args[0], args[1]),
    reject: (call, args: [Message, Requeue], channel: Channel) =>
      one(call, channel, refused('reject', args[1]), args[0]),
    ackAll: (call, _args, channel: Channel) => all(call, channel, ACKED),
    nackAll: (call, [requeue]: [Requeue], channel: Channel) => all(call, channel, refused('nack', requeue)),
    recover: (call, _args, channel: Channel) => all(call, channel, RECOVERED),
  };
}

/** A message goes back to its queue unless the caller says otherwise. */
function refused(name: 'nack' | 'reject', requeue: Requeue): Settlement {
  return rabbitmqRefusal(name, requeue === undefined || Boolean(requeue));
}
