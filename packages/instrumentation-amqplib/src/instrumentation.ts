import {
  MessagingInstrumentation,
  rabbitmq,
  Requests,
  type Call,
  type ClientFile,
  type ClientModule,
  type MessagingConfig,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel } from 'amqplib';
import { ChannelStates } from './channel-states';
import { consumeAdvice, getAdvice } from './consume';
import { confirmPublishAdvice, publishAdvice } from './publish';
import { enqueueAdvice, forCaller } from './queued';
import { settleAdvice } from './settle';
import { assertQueueAdvice } from './topology';
import { VERSION } from './version';

/** Sends that may still be answered. */
const MAX_REQUESTS = 10_000;

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

  protected modules(): readonly ClientModule[] {
    const model = this._modelPatches();
    // The promise API and the callback API: the same methods on different prototypes.
    return [
      {
        name: 'amqplib',
        versions: ['>=0.10.0 <3'],
        files: { 'lib/channel_model.js': model, 'lib/callback_model.js': model },
      },
      {
        name: 'amqp-connection-manager',
        versions: ['>=3.2.0 <6'],
        files: { 'dist/cjs/ChannelWrapper.js': managedPatches },
      },
    ];
  }

  private _modelPatches(): ClientFile {
    const channels = this._channels;
    return (model: { Channel: { prototype: object }; ConfirmChannel: { prototype: object } }) => [
      {
        target: model.Channel.prototype,
        methods: {
          publish: forCaller(publishAdvice(this.telemetry, channels)),
          consume: consumeAdvice(this.telemetry, this.wrap.bind(this), channels),
          assertQueue: assertQueueAdvice,
          get: getAdvice(this.telemetry, channels),
          ...settleAdvice(this.telemetry, channel => channels.find(channel)?.unsettled),
          toClosed: this._closed,
        },
      },
      {
        target: model.ConfirmChannel.prototype,
        methods: { publish: forCaller(confirmPublishAdvice(this.telemetry, channels)) },
      },
    ];
  }

  override disable(): void {
    super.disable();
    this._channels.release();
  }

  private get _channels(): ChannelStates {
    return (this._states ??= new ChannelStates({
      requests: new Requests(this.telemetry.remember('requests', MAX_REQUESTS)),
      consumeTimeoutMs: () => this.telemetry.config.consumeTimeoutMs,
      patchInstance: patch => this.patchInstance(patch),
    }));
  }

  /** Every way for a channel to end comes through here, a lost connection too. */
  private _closed(call: Call, _args: unknown[], channel: Channel) {
    this._channels.closed(channel);
    return call();
  }
}

const managedPatches: ClientFile = (wrapper: { default?: { prototype: object } }) => [
  { target: wrapper.default?.prototype, methods: { _enqueueMessage: enqueueAdvice } },
];
