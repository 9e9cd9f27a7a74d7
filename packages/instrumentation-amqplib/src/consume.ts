import {
  bindContext,
  guarded,
  isThenable,
  now,
  tellOutcome,
  type Advice,
  type MessagingTelemetry,
  type RabbitMqChannel,
  type RabbitMqChannels,
  type RabbitMqMessage,
  type Wrap,
} from '@queuetrace/messaging';
import type { Channel, ConsumeMessage, GetMessage, Options } from 'amqplib';
import { onDelivery } from './message';

type Telemetry = MessagingTelemetry<RabbitMqMessage>;
type Channels = RabbitMqChannels<Channel>;
type OnMessage = (message: ConsumeMessage | null) => unknown;

export function consumeAdvice(telemetry: Telemetry, wrap: Wrap, channels: Channels): Advice {
  return (
    call,
    [queue, onMessage, options, ...rest]: [string, OnMessage, Options.Consume | undefined],
    channel: Channel,
  ) => {
    const isSettledBefore = Boolean(options?.noAck);
    let known: RabbitMqChannel | undefined;
    const handler = wrap(onMessage, (handle, args: [ConsumeMessage | null]) => {
      const message = args[0];
      // A null message says that the broker has cancelled the consumer: what was delivered can still be settled.
      if (!message) return handle();
      const delivery = onDelivery('consume', message, queue, channel, isSettledBefore);
      if (!telemetry.observes(delivery.destination.name, queue)) return handle();
      if (!known?.isOpen) known = channels.of(channel);
      return known.process(delivery, handle);
    });
    return call([queue, handler, options, ...rest]);
  };
}

type OnGot = (error: unknown, message: GetMessage | false) => unknown;

/** `get`, with a promise or with a callback: a message that was asked for is received, and not yet processed. */
export function getAdvice(telemetry: Telemetry, channels: Channels): Advice {
  return (call, [queue, options, onGot]: [string, Options.Get | undefined, OnGot | undefined], channel: Channel) => {
    if (!telemetry.observes(queue)) return call();
    const startTime = now();
    const failed = (error: unknown) =>
      telemetry.received({ name: 'get', destination: { name: queue }, messages: [] }, startTime, error ?? undefined);
    const got = (message: GetMessage | false) => {
      if (!message) return;
      const receive = onDelivery('get', message, queue, channel, Boolean(options?.noAck));
      channels.of(channel).received(receive, startTime, message);
    };
    if (typeof onGot === 'function') {
      const tell = bindContext((error: unknown, message: GetMessage | false) => (error ? failed(error) : got(message)));
      return call([queue, options, told(bindContext(onGot), tell)]);
    }
    const result = call();
    if (!isThenable(result)) return result;
    return tellOutcome(result, value => got(value as GetMessage | false), failed);
  };
}

function told(onGot: OnGot, tell: (error: unknown, message: GetMessage | false) => void): OnGot {
  // As many as the library gives: of a failure one.
  return function (this: unknown, ...given) {
    guarded('telling what was got', () => tell(...given));
    return onGot.apply(this, given);
  };
}
