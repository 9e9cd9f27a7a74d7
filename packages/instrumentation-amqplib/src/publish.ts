import {
  bindContext,
  rabbitmqDestination,
  rabbitmqReplyKey,
  type ActiveOperation,
  type Advice,
  type Call,
  type MessagingTelemetry,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel, Options } from 'amqplib';
import type { ChannelStates } from './channel-states';
import { copyOptions, fromPublish, serverOf } from './message';
import { Returned } from './returned';
import type { ConfirmWindow, Frame } from './unconfirmed';

type Telemetry = MessagingTelemetry<RabbitMqMessage>;
type Confirmed = (error: unknown, ok: unknown) => void;
type PublishArgs = [string, string, Buffer, Options.Publish | undefined, Confirmed | undefined];

/** `publish` of a plain channel, `sendToQueue` with it; the broker says nothing of it unless it comes back. */
export function publishAdvice(telemetry: Telemetry, channels: ChannelStates): Advice {
  const returned = new Returned(telemetry, channels);
  return (call, args: PublishArgs, channel: Channel) => {
    // A confirm channel's own publish calls this one, and is told there.
    if ('waitForConfirms' in channel) return call();
    const started = startPublish(telemetry, args, channel);
    if (!started) return call();
    const { publish, published } = started;
    if (args[3]?.mandatory) returned.watch(channel);
    return publish.follow(
      () => call(published),
      isWritable => afterWrite(publish, isWritable, args[3], channels, channel),
    );
  };
}

/** `publish` of a confirm channel: it ends when the broker confirms. */
export function confirmPublishAdvice(telemetry: Telemetry, channels: ChannelStates): Advice {
  const returned = new Returned(telemetry, channels);
  return (call, args: PublishArgs, channel: Channel) => {
    const started = startPublish(telemetry, args, channel);
    if (!started) return call();
    const { publish, published, message } = started;
    const [, , , options, onConfirm] = args;
    const hasCallback = typeof onConfirm === 'function';
    if (hasCallback) published[4] = confirmedBy(onConfirm, error => publish.end(error ?? undefined));
    if (options?.mandatory) returned.watch(channel);
    const isWritable: unknown = publish.runOrEnd(() => call(published));
    afterWrite(publish, isWritable, options, channels, channel);
    if (!hasCallback && !waitForConfirm(channels, channel, publish)) publish.end();
    if (options?.mandatory) returned.expect(channel, message, publish);
    return isWritable;
  };
}

/** What is known of a publish once the library has taken it. */
function afterWrite(
  publish: ActiveOperation<RabbitMqMessage>,
  isWritable: unknown,
  options: Options.Publish | undefined,
  channels: ChannelStates,
  channel: Channel,
): void {
  if (isWritable === false) publish.set({ rabbitmqBackPressure: true });
  if (!options?.replyTo) return;
  const key = rabbitmqReplyKey(options.replyTo, options.correlationId, channels.of(channel).id);
  if (key) channels.requests.sent(key, publish);
}

/** False where the library does not number its publishes as we know it. */
function waitForConfirm(channels: ChannelStates, channel: Channel, publish: ActiveOperation<RabbitMqMessage>): boolean {
  channels.watch(channel, 'accept', (call: Call, [frame]: [Frame]) => {
    channels.find(channel)?.unconfirmed.accept(frame);
    return call();
  });
  return channels.of(channel).unconfirmed.add(channel as ConfirmWindow, publish);
}

/** The caller's callback, in the context in which they published; no callback is added where they gave none. */
function confirmedBy(onConfirm: Confirmed, tell: (error: unknown) => void): Confirmed {
  const bound = bindContext(onConfirm);
  return function (this: unknown, error, ok) {
    tell(error);
    return bound.call(this, error, ok);
  };
}

function startPublish(
  telemetry: Telemetry,
  [exchange, routingKey, content, options, confirmed]: PublishArgs,
  channel: Channel,
) {
  const destination = rabbitmqDestination(exchange, routingKey);
  if (!telemetry.observes(destination.name) || !isTable(options) || !isTable(options?.headers)) return undefined;
  const message = fromPublish(routingKey, content, options ?? {});
  const publish = telemetry.startSend({ name: 'publish', destination, messages: [message], server: serverOf(channel) });
  const copied = copyOptions(options, { headers: message.headers });
  return { publish, message, published: [exchange, routingKey, content, copied, confirmed] as PublishArgs };
}

/** Anything else is for the library to complain of. */
function isTable(value: unknown): boolean {
  return !value || typeof value === 'object';
}
