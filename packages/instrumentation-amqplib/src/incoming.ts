import type { Advice, Patch, RabbitMqChannels, Server } from '@queuetrace/messaging';
import type { Channel, Message } from 'amqplib';
import { fromReturn } from './message';
import { serverOf } from './server';

/** `basic.ack` and `basic.nack`: class 60, methods 80 and 120 (AMQP 0-9-1). */
const BASIC_ACK = (60 << 16) | 80;
const BASIC_NACK = (60 << 16) | 120;

/** A frame that the broker sent. */
interface Frame {
  id?: number;
  fields?: { deliveryTag: number; multiple: boolean };
}

/** What the broker says of a message that it gives back. */
interface ReturnFields {
  replyCode: number;
  replyText: string;
  exchange: string;
}

/** What the broker says of publishes: looked at on a channel from the first time on that somebody wants to know. */
export class Incoming {
  private readonly _watched = { accept: new WeakSet<Channel>(), emit: new WeakSet<Channel>() };

  constructor(
    private readonly _channels: RabbitMqChannels<Channel>,
    private readonly _patchInstance: (patch: Patch) => void,
  ) {}

  watchConfirms(channel: Channel): void {
    this._watch(channel, 'accept', this._accept);
  }

  /** No listener is added: without one of the app's the channel would not have any. */
  watchReturns(channel: Channel): void {
    this._watch(channel, 'emit', this._emit);
  }

  private _watch(channel: Channel, method: 'accept' | 'emit', advice: Advice): void {
    if (this._watched[method].has(channel)) return;
    this._watched[method].add(channel);
    this._patchInstance({ target: channel, methods: { [method]: advice } });
  }

  private readonly _accept: Advice = (call, [{ id, fields }]: [Frame], channel: Channel) => {
    const isTaken = id === BASIC_ACK;
    if (fields && (isTaken || id === BASIC_NACK)) {
      this._channels.find(channel)?.unconfirmed.confirm(fields.deliveryTag, fields.multiple, isTaken);
    }
    return call();
  };

  private readonly _emit: Advice = (call, [event, message]: [string, Message], channel: Channel) => {
    if (event === 'return' && message?.fields) {
      const returned = message.fields as unknown as ReturnFields;
      const server: Server | undefined = serverOf(channel);
      this._channels.of(channel).returned(fromReturn(message), { ...returned, server });
    }
    return call();
  };
}
