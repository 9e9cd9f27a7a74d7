import {
  rabbitmqPublishDestination,
  type ActiveOperation,
  type Advice,
  type Call,
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

/** The table that the library makes of a message's options: it has the caller's headers as its prototype. */
interface Properties {
  headers?: object;
}

type Publish = ActiveOperation<RabbitMqMessage>;

/** `publish`, and `sendToQueue` with it. */
export class Publishing {
  /** What is published at this moment, on which channel: the library sends it before `publish` returns. */
  private _message?: RabbitMqMessage;
  private _channel?: Channel;

  constructor(
    private readonly _telemetry: MessagingTelemetry<RabbitMqMessage>,
    private readonly _channels: RabbitMqChannels<Channel>,
    private readonly _incoming: Incoming,
  ) {}

  /** On a plain channel: the broker says nothing of it unless it comes back. */
  readonly publish: Advice = (call, args: PublishArgs, channel: Channel) => {
    const publish = this._start(args, channel);
    if (!publish) return call();
    return publish.follow(
      () => this._send(publish, channel, call),
      isWritable => this._written(publish, isWritable, args[3], channel),
    );
  };

  /** On a confirm channel: it ends when the broker confirms. */
  readonly publishAndConfirm: Advice = (call, args: PublishArgs, channel: Channel) => {
    const publish = this._start(args, channel);
    if (!publish) return call();
    const options = args[3];
    const onConfirm = args[4];
    // No callback is added where they gave none.
    const hasCallback = typeof onConfirm === 'function';
    if (!hasCallback) this._incoming.watchConfirms(channel);
    const published = hasCallback ? [args[0], args[1], args[2], options, publish.endBefore(onConfirm)] : args;
    const isWritable: unknown = publish.runOrEnd(() => this._send(publish, channel, call, published));
    this._written(publish, isWritable, options, channel);
    if (!hasCallback && !this._waitForConfirm(publish, channel)) publish.end();
    if (options?.mandatory) this._channels.of(channel).expectReturn(publish);
    publish.releaseMessages();
    return isWritable;
  };

  /**
   * `sendMessage`, into which `publish` sends: what we add goes into the library's own table, which it makes of each
   * message's headers. A copy of the headers would be made a prototype there, with a shape of its own, and to read it
   * is two of the five microseconds that it takes to encode them.
   */
  readonly sendMessage: Advice = Object.assign(
    (call: Call, args: [unknown, Properties | undefined]) => {
      const { added } = this._message!;
      this._message = undefined;
      const headers = args[1]?.headers;
      if (added && headers) addHeaders(headers, added);
      return call();
    },
    { concerns: (channel?: Channel) => this._message !== undefined && this._channel === channel },
  );

  private _start(args: PublishArgs, channel: Channel): Publish | undefined {
    // By index: to take an array apart is to make an iterator.
    const routingKey = args[1];
    const options = args[3];
    const destination = rabbitmqPublishDestination(args[0], routingKey);
    if (!this._telemetry.observes(destination.name) || !isTable(options) || !isTable(options?.headers))
      return undefined;
    const message = fromPublish(routingKey, args[2], options ?? {});
    if (this._telemetry.config.sendHook) args[3] = withOwnHeaders(options, message);
    if (options?.mandatory) this._incoming.watchReturns(channel);
    return this._telemetry.startSend({ name: 'publish', destination, messages: [message], server: serverOf(channel) });
  }

  private _send(publish: Publish, channel: Channel, call: Call, args?: unknown[]): unknown {
    // What is published may publish: a header that writes itself as text.
    const { _message, _channel } = this;
    this._message = publish.operation.messages[0];
    this._channel = channel;
    try {
      return call(args);
    } finally {
      this._message = _message;
      this._channel = _channel;
    }
  }

  /** What is known of a publish once the library has taken it. */
  private _written(
    publish: Publish,
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
  private _waitForConfirm(publish: Publish, channel: Channel): boolean {
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

/** For a hook, which is given the message and may write to it: what it writes is sent, and nothing of the caller's changes. */
function withOwnHeaders(options: Options.Publish | undefined, message: RabbitMqMessage): Options.Publish {
  const copied = copyOptions(options);
  copied.headers = message.headers = { ...message.headers };
  return copied;
}

/** Of what the caller's headers have under the same name, which may be frozen or an accessor, nothing is touched. */
function addHeaders(headers: object, added: Record<string, unknown>): void {
  for (const name in added) {
    const value = added[name];
    if (!(name in headers)) (headers as Record<string, unknown>)[name] = value;
    else Object.defineProperty(headers, name, { value, configurable: true, enumerable: true, writable: true });
  }
}
