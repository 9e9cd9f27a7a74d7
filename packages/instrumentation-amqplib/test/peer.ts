import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import * as promiseApi from 'amqplib';
import type { ChannelModel, ConfirmChannel, ConsumeMessage, GetMessage, Options } from 'amqplib';
import * as callbackApi from 'amqplib/callback_api';
import { uniqueName, type Broker } from '@queuetrace/test-utils';

export const APIS = ['promise', 'callback'] as const;
export type Api = (typeof APIS)[number];

/** A version of the library, by both of its main files. */
interface Library {
  promise: Pick<typeof promiseApi, 'connect'>;
  callback: Pick<typeof callbackApi, 'connect'>;
}

const NEWEST: Library = { promise: promiseApi, callback: callbackApi };

interface PeerOptions {
  library?: Library;
  isConfirming?: boolean;
  socket?: object;
  /** Other than the broker's own. */
  url?: string;
}

/** One connection with one channel, of either API of the library, asked in the same words. */
export class Peer {
  private constructor(
    private readonly _api: Api,
    readonly connection: ChannelModel,
    /** The library's own; what gives no answer is the same in both APIs. */
    readonly channel: ConfirmChannel,
  ) {}

  static async open(
    api: Api,
    url: string,
    { isConfirming = true, socket = {}, library = NEWEST }: PeerOptions = {},
  ): Promise<Peer> {
    const options = { noDelay: true, ...socket };
    const make = isConfirming ? 'createConfirmChannel' : 'createChannel';
    const connection = (
      api === 'promise'
        ? await library.promise.connect(url, options)
        : await answer(done => library.callback.connect(url, options, done))
    ) as ChannelModel;
    // Tests that lose a channel or a connection look at what it does to the telemetry.
    connection.on('error', () => {});
    const channel = await ask<ConfirmChannel>(api, connection, make);
    channel.on('error', () => {});
    return new Peer(api, connection, channel);
  }

  /** A method that the broker answers. Optional arguments must all be given. */
  request<T>(method: string, ...args: unknown[]): Promise<T> {
    return ask(this._api, this.channel, method, ...args);
  }

  /** A queue that a real broker forgets by itself. An empty name lets the broker find one. */
  async queue(name = uniqueName('queue'), options: Options.AssertQueue = {}): Promise<string> {
    const args = { 'x-expires': 60_000, ...(options.arguments as object | undefined) };
    const all = { durable: false, ...options, arguments: args };
    const { queue } = await this.request<{ queue: string }>('assertQueue', name, all);
    return queue;
  }

  async exchange(type: string, options: Options.AssertExchange = {}): Promise<string> {
    const name = uniqueName(type);
    await this.request('assertExchange', name, type, { autoDelete: true, durable: false, ...options });
    return name;
  }

  async bind(queue: string, exchange: string, pattern = '', args: object = {}): Promise<void> {
    await this.request('bindQueue', queue, exchange, pattern, args);
  }

  async consume(
    queue: string,
    handler: (message: ConsumeMessage | null) => unknown,
    options: Options.Consume = {},
  ): Promise<string> {
    const { consumerTag } = await this.request<{ consumerTag: string }>('consume', queue, handler, options);
    return consumerTag;
  }

  /** The first deliveries of a consumer that leaves them alone. */
  async deliveries(queue: string, count: number, options: Options.Consume = {}): Promise<ConsumeMessage[]> {
    const messages: ConsumeMessage[] = [];
    return new Promise((resolve, reject) => {
      const take = (message: ConsumeMessage | null) => {
        if (message) messages.push(message);
        if (messages.length === count) resolve(messages);
      };
      this.consume(queue, take, options).catch(reject);
    });
  }

  async delivery(queue: string, options: Options.Consume = {}): Promise<ConsumeMessage> {
    return (await this.deliveries(queue, 1, options))[0];
  }

  get(queue: string, options: Options.Get = {}): Promise<GetMessage | false> {
    return this.request('get', queue, options);
  }

  /** A message as a consumer without instrumentation sees it. */
  async wireMessage(queue: string): Promise<GetMessage> {
    for (;;) {
      const message = await context.with(suppressTracing(context.active()), () => this.get(queue, { noAck: true }));
      if (message) return message;
    }
  }

  /** A connection that is lost before the broker has answered has no other answer than its end. */
  close(): Promise<void> {
    const lost = new Promise<void>(resolve => this.connection.once('close', () => resolve()));
    return Promise.race([ask<void>(this._api, this.connection, 'close'), lost]);
  }

  closeChannel(): Promise<void> {
    return ask(this._api, this.channel, 'close');
  }

  loseConnection(): void {
    const { stream } = this.connection.connection as unknown as { stream: { destroy(error: Error): void } };
    stream.destroy(new Error('read ECONNRESET'));
  }
}

type Callback = (error: unknown, value?: unknown) => void;

function answer<T>(call: (done: Callback) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error as Error) : resolve(value as T)));
  });
}

function ask<T>(api: Api, target: object, method: string, ...args: unknown[]): Promise<T> {
  const methods = target as Record<string, (...all: unknown[]) => unknown>;
  if (api === 'promise') return methods[method](...args) as Promise<T>;
  return answer(done => methods[method](...args, done));
}

interface Peers {
  open(options?: PeerOptions): Promise<Peer>;
  readonly api: Api;
}

/** Connections of one suite, closed at its end: closing them earlier would end the spans that a test must have ended. */
export function withPeers(broker: Broker, api: Api): Peers {
  const opened: Peer[] = [];
  after(async () => {
    // Some were lost on purpose.
    await Promise.allSettled(opened.map(peer => peer.close()));
  });
  return {
    api,
    async open(options) {
      const peer = await Peer.open(api, options?.url ?? broker.address, options);
      opened.push(peer);
      return peer;
    },
  };
}
