import * as callbackApi from 'amqplib/callback_api';
import * as promiseApi from 'amqplib';
import type { Stage } from '../../stage';
import { valueText } from '../../value-text';

/* eslint-disable @typescript-eslint/no-explicit-any -- two APIs with the same methods. */

/** One of the library's two APIs. */
export interface Api {
  library: any;
  /** The names that it has for connections. */
  connection: string;
  recovering: string;
  /** Calls a method that the broker answers, and waits for the answer. */
  request(stage: Stage, name: string, target: any, ...args: unknown[]): Promise<any>;
  /** Not a part of a row: nothing is noted. */
  ask(target: any, method: string, ...args: unknown[]): Promise<any>;
}

export interface Actors {
  api: Api;
  url: string;
  connection: any;
  channel: any;
  confirmChannel: any;
  /** No row touches it. */
  control: any;
  isLost: boolean;
  lost: Promise<void>;
}

export const queue = 'orders';
export const body = Buffer.from('order 1');
export const ignore = () => {};
export const socketOptions = { noDelay: true };
const EVENTS = ['error', 'close', 'return', 'handler-error', 'drain', 'cancel'];

export const promises: Api = {
  library: promiseApi,
  connection: 'ChannelModel',
  recovering: 'RecoveringChannelModel',
  request: (stage, name, target, ...args) => stage.call(name, target, ...args),
  ask: (target, method, ...args) => target[method](...args),
};

export const callbacks: Api = {
  library: callbackApi,
  connection: 'Connection',
  recovering: 'RecoveringConnection',
  request: (stage, name, target, ...args) => stage.callback(name, target, ...args),
  ask: (target, method, ...args) =>
    new Promise((resolve, reject) => {
      target[method](...args, (error: unknown, answer: unknown) => (error ? reject(error as Error) : resolve(answer)));
    }),
};

/** Channels and the connection that a row has broken are opened anew. */
export async function before(actors: Actors, stage: Stage): Promise<void> {
  const { api } = actors;
  noteTo = stage;
  if (!actors.connection || actors.isLost) {
    actors.connection = await api.ask(api.library, 'connect', actors.url, socketOptions);
    actors.isLost = false;
    actors.lost = new Promise(resolve => {
      noteEvents(actors.connection, 'connection', () => {
        actors.isLost = true;
        resolve();
      });
    });
    actors.channel = actors.confirmChannel = undefined;
    actors.control = await api.ask(actors.connection, 'createChannel');
    await api.ask(actors.control, 'assertQueue', queue, { durable: false });
  }
  for (const [name, method] of Object.entries({ channel: 'createChannel', confirmChannel: 'createConfirmChannel' })) {
    const key = name as 'channel' | 'confirmChannel';
    if (actors[key]) continue;
    actors[key] = await api.ask(actors.connection, method);
    noteEvents(actors[key], name, () => (actors[key] = undefined));
  }
}

/** A row's own, of the name that it has in the type declarations. */
export async function openChannel({ api, connection }: Actors, type: string): Promise<any> {
  const channel = await api.ask(connection, `create${type}`);
  noteEvents(channel, `own ${type}`, ignore);
  return channel;
}

let noteTo: Stage;

export function noteEvents(emitter: any, name: string, onClose: () => void): void {
  for (const event of EVENTS) {
    emitter.on(event, (value: unknown) => noteTo.note(`${name} emits ${event} ${valueText(value)}`));
  }
  emitter.once('close', onClose);
}

/** What was written before is answered before. */
export async function after({ api, isLost, control, lost }: Actors): Promise<void> {
  if (!isLost) await api.ask(control, 'checkQueue', queue).catch(() => lost);
}
