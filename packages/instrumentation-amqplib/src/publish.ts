import {
  bindContext,
  rabbitmqDestination,
  type Advice,
  type MessagingTelemetry,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel, Options } from 'amqplib';
import { fromPublish, isPlain, serverOf } from './message';
import type { ConfirmWindow, Unconfirmed } from './unconfirmed';

type Telemetry = MessagingTelemetry<RabbitMqMessage>;
type Confirmed = (error: unknown, ok: unknown) => void;
type PublishArgs = [string, string, Buffer, Options.Publish | undefined, Confirmed | undefined];

/** `publish` of a plain channel, `sendToQueue` with it; the broker says nothing of it. */
export function publishAdvice(telemetry: Telemetry): Advice {
  return (call, args: PublishArgs, channel: Channel) => {
    // A confirm channel's own publish calls this one, and is told there.
    if ('waitForConfirms' in channel) return call();
    const started = startPublish(telemetry, args, channel);
    return started ? started.publish.follow(() => call(started.args)) : call();
  };
}

/** `publish` of a confirm channel: it ends when the broker confirms. */
export function confirmPublishAdvice(telemetry: Telemetry, unconfirmedOf: (channel: Channel) => Unconfirmed): Advice {
  return (call, args: PublishArgs, channel: Channel) => {
    const started = startPublish(telemetry, args, channel);
    if (!started) return call();
    const { publish, args: published } = started;
    const onConfirm = args[4];
    if (typeof onConfirm === 'function')
      published[4] = confirmedBy(onConfirm, error => publish.end(error ?? undefined));
    const written = publish.runOrEnd(() => call(published));
    const isTold = typeof onConfirm === 'function' || unconfirmedOf(channel).add(channel as ConfirmWindow, publish);
    if (!isTold) publish.end();
    return written;
  };
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
  const copied = withHeaders(options, message.headers);
  return { publish, args: [exchange, routingKey, content, copied, confirmed] as PublishArgs };
}

/** Anything else is for the library to complain of. */
function isTable(value: unknown): boolean {
  return !value || typeof value === 'object';
}

/** The library reads inherited options too. */
function withHeaders(options: Options.Publish | undefined, headers: unknown): Options.Publish {
  if (!options || isPlain(options)) return { ...options, headers };
  return Object.create(options, { headers: { value: headers, enumerable: true, writable: true } }) as Options.Publish;
}
