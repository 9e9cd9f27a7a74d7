import {
  rabbitmqPublishDestination,
  type ActiveOperation,
  type Advice,
  type MessagingTelemetry,
  type RabbitMqChannels,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel, Options } from 'amqplib';
import type { Incoming } from './incoming';
import { copyOptions, fromPublish } from './message';
import { serverOf } from './server';

type Confirmed = (error: unknown, ok: unknown) => void;
type PublishArgs = [string, string, Buffer, Options.Publish | undefined, Confirmed | undefined];

/** The part of a confirm channel that numbers what is published on it: `lwm` is the tag of `unconfirmed[0]`. */
interface ConfirmWindow {
  lwm?: number;
  unconfirmed?: unknown[];
}

interface Started {
  publish: ActiveOperation<RabbitMqMessage>;
  /** What the library is given. */
  published: PublishArgs;
}

/** `publish`, and `sendToQueue` with it. */
export class Publishing {
  constructor(
    private readonly _telemetry: MessagingTelemetry<RabbitMqMessage>,
    private readonly _channels: RabbitMqChannels<Channel>,
    private readonly _incoming: Incoming,
  ) {}

  /** On a plain channel: the broker says nothing of it unless it comes back. */
  readonly publish: Advice = (call, args: PublishArgs, channel: Channel) => {
    const started = this._start(args, channel);
    if (!started) return call();
    const { publish, published } = started;
    return publish.follow(
      () => call(published),
      isWritable => this._written(publish, isWritable, args[3], channel),
    );
  };

  /** On a confirm channel: it ends when the broker confirms. */
  readonly publishAndConfirm: Advice = (call, args: PublishArgs, channel: Channel) => {
    const started = this._start(args, channel);
    if (!started) return call();
    const { publish, published } = started;
    const options = args[3];
    const onConfirm = args[4];
    // No callback is added where they gave none.
    const hasCallback = typeof onConfirm === 'function';
    if (hasCallback) published[4] = publish.endBefore(onConfirm);
    else this._incoming.watchConfirms(channel);
    const isWritable: unknown = publish.runOrEnd(() => call(published));
    this._written(publish, isWritable, options, channel);
    if (!hasCallback && !this._waitForConfirm(publish, channel)) publish.end();
    if (options?.mandatory) this._channels.of(channel).expectReturn(publish);
    // The library makes a message's headers a prototype, and a prototype has a shape and a dictionary of its own.
    publish.releaseMessages();
    return isWritable;
  };

  private _start(args: PublishArgs, channel: Channel) {
    // By index: to take an array apart is to make an iterator.
    const routingKey = args[1];
    const options = args[3];
    const destination = rabbitmqPublishDestination(args[0], routingKey);
    if (!this._telemetry.observes(destination.name) || !isTable(options) || !isTable(options?.headers))
      return undefined;
    const message = fromPublish(routingKey, args[2], options ?? {});
    const operation = { name: 'publish', destination, messages: [message], server: serverOf(channel) };
    const publish = this._telemetry.startSend(operation);
    const copied = copyOptions(options);
    copied.headers = message.headers;
    if (options?.mandatory) this._incoming.watchReturns(channel);
    const started: Started = { publish, published: [args[0], routingKey, args[2], copied, args[4]] };
    return started;
  }

  /** What is known of a publish once the library has taken it. */
  private _written(
    publish: Started['publish'],
    isWritable: unknown,
    options: Options.Publish | undefined,
    channel: Channel,
  ): void {
    if (isWritable === false) {
      publish.set({ rabbitmqBackPressure: true });
      this._telemetry.clientEvent('back_pressure');
    }
    if (options?.replyTo) this._channels.of(channel).requested(publish);
  }

  /** False where the library does not number its publishes as we know it. */
  private _waitForConfirm(publish: Started['publish'], channel: Channel): boolean {
    const { lwm, unconfirmed } = channel as ConfirmWindow;
    if (typeof lwm !== 'number' || !Array.isArray(unconfirmed)) return false;
    this._channels.of(channel).unconfirmed.add(lwm + unconfirmed.length - 1, publish);
    return true;
  }
}

/** Anything else is for the library to complain of. */
function isTable(value: unknown): boolean {
  return !value || typeof value === 'object';
}
