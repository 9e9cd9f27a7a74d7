import {
  MessagingInstrumentation,
  rabbitmq,
  RabbitMqChannels,
  type Call,
  type ClientFile,
  type ClientModule,
  type MessagingConfig,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel } from 'amqplib';
import { vhostPatches } from './borrowed';
import { consumeAdvice, getAdvice } from './consume';
import { Incoming } from './incoming';
import { Publishing } from './publish';
import { enqueueAdvice, forCaller } from './queued';
import { openAdvice } from './server';
import { settleAdvice } from './settle';
import { assertQueueAdvice, bindQueueAdvice } from './topology';
import { VERSION } from './version';

const AMQPLIB = { name: 'amqplib', system: rabbitmq };

/** Traces amqplib, by promise and by callback: publishes to their confirm, deliveries to their settlement. */
export class AmqplibInstrumentation extends MessagingInstrumentation<RabbitMqMessage> {
  declare private _known?: RabbitMqChannels<Channel>;
  declare private _watched?: Incoming;

  constructor(config?: MessagingConfig) {
    super('@queuetrace/instrumentation-amqplib', VERSION, config);
  }

  protected get client() {
    return AMQPLIB;
  }

  modules(): readonly ClientModule[] {
    const model = this._modelPatches();
    // The promise API and the callback API: the same methods on different prototypes.
    return [
      {
        name: 'amqplib',
        versions: ['>=0.10.0 <3'],
        bundleMark: /exchange_exchange_[b]indings/,
        files: {
          'lib/channel_model.js': model,
          'lib/callback_model.js': model,
          'lib/connection.js': this._connectionPatches(),
        },
      },
      {
        name: 'amqp-connection-manager',
        versions: ['>=3.2.0 <6'],
        files: { 'dist/cjs/ChannelWrapper.js': managedPatches, 'dist/esm/ChannelWrapper.js': managedPatches },
      },
      {
        name: 'rascal',
        versions: ['>=13.0.0 <22'],
        files: { 'lib/amqp/Vhost.js': vhostPatches(patch => this.patchInstance(patch)) },
      },
    ];
  }

  private _modelPatches(): ClientFile {
    const channels = this._channels;
    const { publish, publishAndConfirm, sendMessage } = new Publishing(this.telemetry, channels, this._incoming);
    return (model: { Channel: { prototype: object }; ConfirmChannel: { prototype: object } }) => [
      {
        target: model.Channel.prototype,
        methods: {
          publish: Object.assign(forCaller(publish), { concerns: isPlainChannel }),
          sendMessage,
          consume: consumeAdvice(this.telemetry, this.wrap.bind(this), channels),
          assertQueue: assertQueueAdvice,
          bindQueue: bindQueueAdvice,
          get: getAdvice(this.telemetry, channels),
          ...settleAdvice(channels),
          toClosed: this._closed,
        },
      },
      { target: model.ConfirmChannel.prototype, methods: { publish: forCaller(publishAndConfirm) } },
    ];
  }

  private _connectionPatches(): ClientFile {
    // The broker is short of memory or disk: it takes no publish until it is not.
    const emit = (call: Call, [event]: [string]) => {
      if (event === 'blocked' || event === 'unblocked') this.telemetry.clientEvent(event);
      return call();
    };
    return (file: { Connection?: { prototype: object } }) => [
      { target: file.Connection?.prototype, methods: { open: openAdvice, emit } },
    ];
  }

  override disable(): void {
    super.disable();
    this._channels.release();
  }

  private get _channels(): RabbitMqChannels<Channel> {
    return (this._known ??= new RabbitMqChannels(this.telemetry));
  }

  /** One for as long as we live: it knows which channels it looks at. */
  private get _incoming(): Incoming {
    return (this._watched ??= new Incoming(this._channels, patch => this.patchInstance(patch)));
  }

  /** Every way for a channel to end comes through here, a lost connection too. */
  private _closed(call: Call, _args: unknown[], channel: Channel) {
    this._channels.closed(channel);
    return call();
  }
}

/** A confirm channel's own publish calls that of a channel, and is told itself. */
const isPlainChannel = (channel?: { waitForConfirms?: unknown }) => channel?.waitForConfirms === undefined;

const managedPatches: ClientFile = (wrapper: { default?: { prototype: object } }) => [
  { target: wrapper.default?.prototype, methods: { _enqueueMessage: enqueueAdvice } },
];
