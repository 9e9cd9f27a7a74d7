import {
  MessagingInstrumentation,
  rabbitmq,
  type Call,
  type ClientFile,
  type MessagingConfig,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel } from 'amqplib';
import { ChannelStates, type ChannelState } from './channel-states';
import { consumeAdvice, getAdvice } from './consume';
import { confirmPublishAdvice, publishAdvice } from './publish';
import { settleAdvice } from './settle';
import type { Frame, Unconfirmed } from './unconfirmed';
import { VERSION } from './version';

const AMQPLIB = { name: 'amqplib', system: rabbitmq };

/** Traces amqplib, by promise and by callback: publishes to their confirm, deliveries to their settlement. */
export class AmqplibInstrumentation extends MessagingInstrumentation<RabbitMqMessage> {
  declare private _states?: ChannelStates;

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
          get: getAdvice(this.telemetry, unsettledOf),
          ...settleAdvice(this.telemetry, channel => this._channels.find(channel)?.unsettled),
          toClosed: this._closed,
        },
      },
      {
        target: model.ConfirmChannel.prototype,
        methods: { publish: confirmPublishAdvice(this.telemetry, channel => this._unconfirmedOf(channel)) },
      },
    ];
  }

  override disable(): void {
    super.disable();
    this._channels.release();
  }

  private get _channels(): ChannelStates {
    return (this._states ??= new ChannelStates());
  }

  /** Every way for a channel to end comes through here, a lost connection too. */
  private _closed(call: Call, _args: unknown[], channel: Channel) {
    this._channels.closed(channel);
    return call();
  }

  private _stateOf(channel: Channel): ChannelState {
    return this._channels.of(channel, this.telemetry.config.consumeTimeoutMs);
  }

  /** Watches the frames of a channel on which somebody publishes without a callback; no other channel's. */
  private _unconfirmedOf(channel: Channel): Unconfirmed {
    const { unconfirmed } = this._stateOf(channel);
    if (unconfirmed.isWatched) return unconfirmed;
    unconfirmed.isWatched = true;
    const accept = (call: Call, [frame]: [Frame]) => {
      unconfirmed.accept(frame);
      return call();
    };
    this.patchInstance({ target: channel, methods: { accept } });
    return unconfirmed;
  }
}
