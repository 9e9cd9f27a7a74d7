import {
  type Requests,
  type ActiveOperation,
  type Advice,
  type Patch,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel } from 'amqplib';
import { Unconfirmed } from './unconfirmed';
import { Unsettled } from './unsettled';

type Publish = ActiveOperation<RabbitMqMessage>;

/** What of one channel waits for something. */
export interface ChannelState {
  readonly id: number;
  readonly unsettled: Unsettled;
  readonly unconfirmed: Unconfirmed;
  /** Publishes that come back where no queue takes them, by the context that their message carries. */
  readonly mandatory: Map<string, Publish>;
}

interface ChannelStatesOptions {
  /** Replies may come to another channel than the one of the request. */
  requests: Requests;
  consumeTimeoutMs(): number;
  patchInstance(patch: Patch): void;
}

/** What is kept of channels, no longer than they are open. */
export class ChannelStates {
  private readonly _states = new Map<Channel, ChannelState>();
  private readonly _watched = { accept: new WeakSet<Channel>(), emit: new WeakSet<Channel>() };
  private _lastId = 0;

  constructor(private readonly _options: ChannelStatesOptions) {}

  get requests(): Requests {
    return this._options.requests;
  }

  find(channel: Channel): ChannelState | undefined {
    return this._states.get(channel);
  }

  /** Only to be asked for a channel that is open, since its end is what removes the state. */
  of(channel: Channel): ChannelState {
    let state = this._states.get(channel);
    if (!state) {
      const unsettled = new Unsettled(this._options.consumeTimeoutMs());
      state = { id: ++this._lastId, unsettled, unconfirmed: new Unconfirmed(), mandatory: new Map() };
      this._states.set(channel, state);
    }
    return state;
  }

  /** Looks at what comes in on one channel, from the first time on that somebody wants to know; on no other channel. */
  watch(channel: Channel, method: 'accept' | 'emit', advice: Advice): void {
    if (this._watched[method].has(channel)) return;
    this._watched[method].add(channel);
    this._options.patchInstance({ target: channel, methods: { [method]: advice } });
  }

  closed(channel: Channel): void {
    const state = this._states.get(channel);
    this._states.delete(channel);
    state?.unsettled.end({
      type: 'channel_closed',
      message: 'the channel closed before the message was settled',
    });
    state?.unconfirmed.end({
      type: 'channel_closed',
      message: 'the channel closed before the broker confirmed the message',
    });
  }

  /** Nobody will tell how it goes on: what is open ends with no outcome. */
  release(): void {
    for (const { unsettled, unconfirmed } of this._states.values()) {
      unsettled.end();
      unconfirmed.end();
    }
    this._states.clear();
  }
}
