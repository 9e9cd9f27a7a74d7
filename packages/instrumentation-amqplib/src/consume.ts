import {
  isThenable,
  tellOutcome,
  type Wrap,
  now,
  registerDelivery,
  Delivery,
  bindContext,
  type ActiveOperation,
  type Advice,
  type MessagingTelemetry,
  rabbitmqReplyKey,
  type RabbitMqMessage,
  type StartTime,
} from '@queuetrace/messaging';
import type { Channel, ConsumeMessage, GetMessage, Message, Options } from 'amqplib';
import type { ChannelStates } from './channel-states';
import { onDelivery } from './message';
import { UnsettledMessage } from './unsettled';

type Telemetry = MessagingTelemetry<RabbitMqMessage>;
type OnMessage = (message: ConsumeMessage | null) => unknown;

export function consumeAdvice(telemetry: Telemetry, wrap: Wrap, channels: ChannelStates): Advice {
  return (
    call,
    [queue, onMessage, options, ...rest]: [string, OnMessage, Options.Consume | undefined],
    channel: Channel,
  ) => {
    const isSettledBefore = options?.noAck ?? false;
    const handler = wrap(onMessage, (handle, [message]: [ConsumeMessage | null]) => {
      // A null message says that the broker has cancelled the consumer: what was delivered can still be settled.
      if (!message) return handle();
      const operation = { ...onDelivery('consume', message, queue, channel), isSettledBefore };
      if (!telemetry.observes(operation.destination.name) || !telemetry.observes(queue)) return handle();
      const process = telemetry.startProcess(operation, { request: requestOf(message, queue, channels, channel) });
      if (isSettledBefore) return process.follow(() => handle());
      const unsettled = new UnsettledMessage(operation);
      channels.of(channel).unsettled.add(message.fields.deliveryTag, unsettled);
      return unsettled.follow(process, () => handle());
    });
    return call([queue, handler, options, ...rest]);
  };
}

/** What a reply answers, if it is one and the request was sent from this process. */
function requestOf(message: Message, queue: string, channels: ChannelStates, channel: Channel) {
  const { correlationId } = message.properties as Options.Publish;
  if (correlationId === undefined) return undefined;
  const key = rabbitmqReplyKey(queue, correlationId, channels.of(channel).id);
  return key === undefined ? undefined : channels.requests.of(key);
}

type OnGot = (error: unknown, message: GetMessage | false) => unknown;

/** `get`, with a promise or with a callback: a message that was asked for is received, and not yet processed. */
export function getAdvice(telemetry: Telemetry, channels: ChannelStates): Advice {
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
      if (unsettled) channels.of(channel).unsettled.add(message.fields.deliveryTag, unsettled);
      const request = requestOf(message, queue, channels, channel);
      const start = (startTime: StartTime, ambient: Ambient) =>
        telemetry.startProcess({ ...operation, name: 'consume' }, { ambient, startTime, isCounted: true, request });
      registerDelivery(message, processLater(start, unsettled));
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

type Start = ConstructorParameters<typeof Delivery>[0];
type Ambient = Parameters<Start>[1];

/** The app says with `processMessage` when it processes what it has got. */
function processLater(start: Start, unsettled?: UnsettledMessage): Delivery {
  return new Delivery(
    start,
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
