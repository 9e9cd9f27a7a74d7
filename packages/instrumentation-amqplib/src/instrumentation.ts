import {
  MessagingInstrumentation,
  rabbitmq,
  type Call,
  type ClientFile,
  type MessagingConfig,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel } from 'amqplib';
import { consumeAdvice, getAdvice } from './consume';
import { confirmPublishAdvice, publishAdvice } from './publish';
import { settleAdvice } from './settle';
import { Unconfirmed, type Frame } from './unconfirmed';
import { Unsettled } from './unsettled';
import { VERSION } from './version';

const AMQPLIB = { name: 'amqplib', system: rabbitmq };

/** What is kept of a channel, for as long as the channel is. */
interface ChannelState {
  unsettled: Unsettled;
  unconfirmed?: Unconfirmed;
}

/** Traces amqplib, by promise and by callback: publishes to their confirm, deliveries to their settlement. */
export class AmqplibInstrumentation extends MessagingInstrumentation<RabbitMqMessage> {
  declare private _states?: WeakMap<Channel, ChannelState>;

  constructor(config?: MessagingConfig) {
    super('@queuetrace/instrumentation-amqplib', VERSION, config);
  }

  protected get client() {
    return AMQPLIB;
  }

  protected modules() {
    const model = this._modelPatches();
    // The promise API and the callback API: the same methods on different prototypes.
    return [
      {
        name: 'amqplib',
        versions: ['>=0.10.0 <3'],
        files: { 'lib/channel_model.js': model, 'lib/callback_model.js': model },
      },
    ];
  }

  private _modelPatches(): ClientFile {
    const unsettledOf = (channel: Channel) => this._stateOf(channel).unsettled;
    return (model: { Channel: { prototype: object }; ConfirmChannel: { prototype: object } }) => [
      {
        target: model.Channel.prototype,
        methods: {
          publish: publishAdvice(this.telemetry),
          consume: consumeAdvice(this.telemetry, this.wrap.bind(this), unsettledOf),
          get: getAdvice(this.telemetry),
          ...settleAdvice(this.telemetry, unsettledOf),
          toClosed: this._closed,
        },
      },
      {
        target: model.ConfirmChannel.prototype,
        methods: { publish: confirmPublishAdvice(this.telemetry, channel => this._unconfirmedOf(channel)) },
      },
    ];
  }

  /** Every way for a channel to end comes through here, a lost connection too. */
  private _closed(call: Call, _args: unknown[], channel: Channel) {
    const state = this._states?.get(channel);
    state?.unsettled.close();
    state?.unconfirmed?.close();
    return call();
  }

  private _stateOf(channel: Channel): ChannelState {
    const states = (this._states ??= new WeakMap());
    let state = states.get(channel);
    if (!state) states.set(channel, (state = { unsettled: new Unsettled(this.telemetry.config.consumeTimeoutMs) }));
    return state;
  }

  /** Watches the frames of a channel on which somebody publishes without a callback; no other channel's. */
  private _unconfirmedOf(channel: Channel): Unconfirmed {
    const state = this._stateOf(channel);
    if (state.unconfirmed) return state.unconfirmed;
    const unconfirmed = (state.unconfirmed = new Unconfirmed());
    const accept = (call: Call, [frame]: [Frame]) => {
      unconfirmed.accept(frame);
      return call();
    };
    this.patchInstance({ target: channel, methods: { accept } });
    return unconfirmed;
  }
}
