import {
  isThenable,
  now,
  registerDelivery,
  Delivery,
  bindContext,
  type Advice,
  type Call,
  type MessagingTelemetry,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel, ConsumeMessage, GetMessage, Options } from 'amqplib';
import { onDelivery } from './message';
import { UnsettledProcess, type Unsettled } from './unsettled';

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
      const unsettled = new UnsettledProcess(process);
      unsettledOf(channel).add(message.fields.deliveryTag, unsettled);
      return followHandler(unsettled, handle);
    });
    return call([queue, handler, options, ...rest]);
  };
}

/** The handler's outcome goes to the library as it is; for a promise that is one `then` with the same outcome. */
function followHandler(unsettled: UnsettledProcess, handle: Call): unknown {
  let result: unknown;
  try {
    result = unsettled.process.run(() => handle());
  } catch (error) {
    unsettled.failed(error);
    throw error;
  }
  if (!isThenable(result)) {
    unsettled.handled();
    return result;
  }
  return result.then(
    value => {
      unsettled.handled();
      return value;
    },
    (error: unknown) => {
      unsettled.failed(error);
      throw error;
    },
  );
}

type OnGot = (error: unknown, message: GetMessage | false) => unknown;

/** `get`, with a promise or with a callback: a message that was asked for is received, and not yet processed. */
export function getAdvice(telemetry: Telemetry): Advice {
  return (call, [queue, options, onGot]: [string, Options.Get | undefined, OnGot | undefined], channel: Channel) => {
    if (!telemetry.observes(queue)) return call();
    const startTime = now();
    const failed = (error: unknown) =>
      telemetry.received({ name: 'get', destination: { name: queue }, messages: [] }, startTime, error ?? undefined);
    const got = (message: GetMessage | false) => {
      if (!message) return;
      const operation = onDelivery('get', message, queue, channel);
      telemetry.received(operation, startTime);
      const startProcess = () => telemetry.startProcess({ ...operation, name: 'consume' }, { isCounted: true });
      registerDelivery(message, new Delivery(startProcess));
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

function told(onGot: OnGot, tell: (error: unknown, message: GetMessage | false) => void): OnGot {
  return function (this: unknown, error, message) {
    tell(error, message);
    return onGot.call(this, error, message);
  };
}
