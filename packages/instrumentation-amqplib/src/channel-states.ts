import type { Channel } from 'amqplib';
import { Unconfirmed } from './unconfirmed';
import { Unsettled } from './unsettled';

/** What of one channel waits for something. */
export interface ChannelState {
  readonly unsettled: Unsettled;
  readonly unconfirmed: Unconfirmed;
}

/** What is kept of channels, no longer than they are open. */
export class ChannelStates {
  private readonly _states = new Map<Channel, ChannelState>();

  find(channel: Channel): ChannelState | undefined {
    return this._states.get(channel);
  }

  /** Only to be asked for a channel that is open, since its end is what removes the state. */
  of(channel: Channel, consumeTimeoutMs: number): ChannelState {
    let state = this._states.get(channel);
    if (!state) {
      state = { unsettled: new Unsettled(consumeTimeoutMs), unconfirmed: new Unconfirmed() };
      this._states.set(channel, state);
    }
    return state;
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
