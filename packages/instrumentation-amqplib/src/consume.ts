import {
  isThenable,
  now,
  registerDelivery,
  Delivery,
  bindContext,
  type ActiveOperation,
  type Advice,
  type MessagingTelemetry,
  type Operation,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel, ConsumeMessage, GetMessage, Options } from 'amqplib';
import { onDelivery } from './message';
import { UnsettledMessage, type Unsettled } from './unsettled';

type Telemetry = MessagingTelemetry<RabbitMqMessage>;
type UnsettledOf = (channel: Channel) => Unsettled;
type Wrap = <F>(handler: F, advice: Advice) => F;
type OnMessage = (message: ConsumeMessage | null) => unknown;

export function consumeAdvice(telemetry: Telemetry, wrap: Wrap, unsettledOf: UnsettledOf): Advice {
  return (
    call,
    [queue, onMessage, options, ...rest]: [string, OnMessage, Options.Consume | undefined],
    channel: Channel,
  ) => {
    const isSettled = options?.noAck ?? false;
    const handler = wrap(onMessage, (handle, [message]: [ConsumeMessage | null]) => {
      // A null message says that the broker has cancelled the consumer: what was delivered can still be settled.
      if (!message) return handle();
      const operation = onDelivery('consume', message, queue, channel);
      if (!telemetry.observes(operation.destination.name) || !telemetry.observes(queue)) return handle();
      const process = telemetry.startProcess(operation);
      if (isSettled) return process.follow(() => handle());
      const unsettled = new UnsettledMessage(operation);
      unsettledOf(channel).add(message.fields.deliveryTag, unsettled);
      return unsettled.follow(process, () => handle());
    });
    return call([queue, handler, options, ...rest]);
  };
}

type OnGot = (error: unknown, message: GetMessage | false) => unknown;

/** `get`, with a promise or with a callback: a message that was asked for is received, and not yet processed. */
export function getAdvice(telemetry: Telemetry, unsettledOf: UnsettledOf): Advice {
  return (call, [queue, options, onGot]: [string, Options.Get | undefined, OnGot | undefined], channel: Channel) => {
    if (!telemetry.observes(queue)) return call();
    const startTime = now();
    const failed = (error: unknown) =>
      telemetry.received({ name: 'get', destination: { name: queue }, messages: [] }, startTime, error ?? undefined);
    const got = (message: GetMessage | false) => {
      if (!message) return;
      const operation = onDelivery('get', message, queue, channel);
      telemetry.received(operation, startTime);
      const unsettled = options?.noAck ? undefined : new UnsettledMessage(operation);
      if (unsettled) unsettledOf(channel).add(message.fields.deliveryTag, unsettled);
      registerDelivery(message, processLater(telemetry, operation, unsettled));
    };
    if (typeof onGot === 'function') {
      const tell = bindContext((error: unknown, message: GetMessage | false) => (error ? failed(error) : got(message)));
      return call([queue, options, told(bindContext(onGot), tell)]);
    }
    const result = call();
    if (!isThenable(result)) return result;
    return telemetry.followReceive(result, value => got(value as GetMessage | false), failed);
  };
}

/** The app says with `processMessage` when it processes what it has got. */
function processLater(telemetry: Telemetry, got: Operation<RabbitMqMessage>, unsettled?: UnsettledMessage): Delivery {
  const consume = { ...got, name: 'consume' };
  return new Delivery(
    (startTime, ambient) => telemetry.startProcess(consume, { ambient, startTime, isCounted: true }),
    undefined,
    unsettled && ((process, handle) => unsettled.follow(process as ActiveOperation<RabbitMqMessage>, handle)),
  );
}

function told(onGot: OnGot, tell: (error: unknown, message: GetMessage | false) => void): OnGot {
  return function (this: unknown, error, message) {
    tell(error, message);
    return onGot.call(this, error, message);
  };
}
