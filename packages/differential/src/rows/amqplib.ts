import * as callbackApi from 'amqplib/callback_api';
import * as promiseApi from 'amqplib';
import type { Script } from '../script';
import type { Row, Stage } from '../stage';
import { valueText } from '../value-text';
import { headerTables, hostileRows, rows } from './hostile-rows';

/* eslint-disable @typescript-eslint/no-explicit-any -- two APIs with the same methods. */

/** One of the library's two APIs. */
interface Api {
  connect(url: string): Promise<any>;
  /** Calls a method that the broker answers, and waits for the answer. */
  request(stage: Stage, name: string, target: any, ...args: unknown[]): Promise<any>;
}

interface Actors {
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

const queue = 'orders';
const body = Buffer.from('order 1');
const EVENTS = ['error', 'close', 'return', 'handler-error', 'drain', 'cancel'];

const promises: Api = {
  connect: url => promiseApi.connect(url, { noDelay: true }),
  request: (stage, name, target, ...args) => stage.call(name, target, ...args),
};

const callbacks: Api = {
  connect: url =>
    new Promise((resolve, reject) => {
      callbackApi.connect(url, { noDelay: true }, (error, connection) => (error ? reject(error) : resolve(connection)));
    }),
  request: (stage, name, target, ...args) => stage.callback(name, target, ...args),
};

/** Not a part of a row: nothing is noted. */
function ask({ api }: Pick<Actors, 'api'>, target: any, method: string, ...args: unknown[]): Promise<any> {
  if (api === promises) return target[method](...args);
  return new Promise((resolve, reject) => {
    target[method](...args, (error: unknown, answer: unknown) => (error ? reject(error as Error) : resolve(answer)));
  });
}

/** Channels and the connection that a row has broken are opened anew. */
async function before(actors: Actors, stage: Stage): Promise<void> {
  noteTo = stage;
  if (!actors.connection || actors.isLost) {
    actors.connection = await actors.api.connect(actors.url);
    actors.isLost = false;
    actors.lost = new Promise(resolve => {
      noteEvents(actors.connection, 'connection', () => {
        actors.isLost = true;
        resolve();
      });
    });
    actors.channel = actors.confirmChannel = undefined;
    actors.control = await ask(actors, actors.connection, 'createChannel');
    await ask(actors, actors.control, 'assertQueue', queue, { durable: false });
  }
  for (const [name, method] of Object.entries({ channel: 'createChannel', confirmChannel: 'createConfirmChannel' })) {
    const key = name as 'channel' | 'confirmChannel';
    if (actors[key]) continue;
    actors[key] = await ask(actors, actors.connection, method);
    noteEvents(actors[key], name, () => (actors[key] = undefined));
  }
}

/** A request that the library cannot encode blocks all that follow on its channel. */
async function onThrowaway(actors: Actors, stage: Stage, method: string, ...args: unknown[]): Promise<void> {
  const channel = await ask(actors, actors.connection, 'createChannel');
  noteEvents(channel, 'the throwaway channel', ignore);
  stage.start(`Channel.${method}`, channel, ...args);
}

let noteTo: Stage;

function noteEvents(emitter: any, name: string, onClose: () => void): void {
  for (const event of EVENTS) {
    emitter.on(event, (value: unknown) => noteTo.note(`${name} emits ${event} ${valueText(value)}`));
  }
  emitter.once('close', onClose);
}

/** What was written before is answered before. */
async function after(actors: Actors): Promise<void> {
  if (!actors.isLost) await ask(actors, actors.control, 'checkQueue', queue).catch(() => actors.lost);
}

const publish = ({ channel, confirmChannel }: Actors, stage: Stage, ...args: unknown[]) => {
  stage.start('Channel.publish', channel, ...args);
  if (confirmChannel) stage.start('ConfirmChannel.publish', confirmChannel, ...args);
};

const confirmed = (stage: Stage) => (error: unknown) => stage.note(`confirmed ${valueText(error)}`);
const ignore = () => {};

const hostile = hostileRows<Actors>({
  'an exchange': (stage, actors, value) => publish(actors, stage, value, queue, body),
  'a routing key': (stage, actors, value) => publish(actors, stage, '', value, body),
  'a body': (stage, actors, value) => publish(actors, stage, '', 'nowhere', value),
  'options of a publish': (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, value),
  headers: (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, { headers: value }),
  'a header': (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, { headers: { tenant: value } }),
  'a header in a list': (stage, actors, value) =>
    publish(actors, stage, '', 'nowhere', body, { headers: { tenant: ['a', value] } }),
  'a traceparent': (stage, actors, value) =>
    publish(actors, stage, '', 'nowhere', body, { headers: { traceparent: value } }),
  'a message id': (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, { messageId: value }),
  'a time of sending': (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, { timestamp: value }),
  'a delivery mode': (stage, actors, value) =>
    publish(actors, stage, '', 'nowhere', body, { deliveryMode: value, persistent: value }),
  'CC and BCC': (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, { CC: value, BCC: value }),
  'a message that comes back': (stage, { channel }, value) =>
    stage.start('Channel.publish', channel, '', 'nowhere', body, { mandatory: true, headers: value }),
  'a confirm callback': (stage, { confirmChannel }, value) =>
    stage.start('ConfirmChannel.publish', confirmChannel, '', 'nowhere', body, {}, value),
  'options with a confirm callback': (stage, { confirmChannel }, value) =>
    stage.start('ConfirmChannel.publish', confirmChannel, '', 'nowhere', body, value, confirmed(stage)),
  'a queue to send to': (stage, { channel, confirmChannel }, value) => {
    stage.start('Channel.sendToQueue', channel, value, body);
    stage.start('ConfirmChannel.sendToQueue', confirmChannel, value, body, {}, confirmed(stage));
  },
  'a message to ack': (stage, { channel }, value) => stage.start('Channel.ack', channel, value),
  'a message to nack': (stage, { channel }, value) => stage.start('Channel.nack', channel, value, value, value),
  'a message to reject': (stage, { channel }, value) => stage.start('Channel.reject', channel, value, value),
  'a queue to consume': (stage, actors, value) => onThrowaway(actors, stage, 'consume', value, ignore),
  'a handler': (stage, actors, value) =>
    onThrowaway(actors, stage, 'consume', 'no-such-queue', value, undefined, ignore),
  'options of a consumer': (stage, actors, value) =>
    onThrowaway(actors, stage, 'consume', 'no-such-queue', ignore, value, ignore),
  'a queue to get from': (stage, actors, value) =>
    onThrowaway(actors, stage, 'get', value, undefined, (error: unknown) => stage.note(`got ${valueText(error)}`)),
  'options of a get': (stage, actors, value) => onThrowaway(actors, stage, 'get', 'no-such-queue', value),
  'a queue to assert': (stage, actors, value) => onThrowaway(actors, stage, 'assertQueue', value, { autoDelete: true }),
  'arguments of a queue': (stage, actors, value) =>
    onThrowaway(actors, stage, 'assertQueue', 'other', { arguments: value, deadLetterExchange: value }),
});

const headers: Row<Actors>[] = Object.entries(headerTables).map(([name, make]) => ({
  name,
  play(stage, actors) {
    const options = { headers: make(), persistent: true };
    publish(actors, stage, '', 'nowhere', body, options);
    publish(actors, stage, '', 'nowhere', body, Object.freeze(options));
  },
}));

const ordinary = rows<Actors>({
  'a message is got and acked': async (stage, { api, channel }) => {
    stage.start('Channel.sendToQueue', channel, queue, body, { headers: { tenant: 'a' } });
    const message = await api.request(stage, 'Channel.get', channel, queue, {});
    stage.start('Channel.ack', channel, message);
  },
});

const script = (api: Api): Script<Actors> => ({
  start: url =>
    Promise.resolve({
      api,
      url,
      connection: undefined,
      channel: undefined,
      confirmChannel: undefined,
      control: undefined,
      isLost: false,
      lost: Promise.resolve(),
    }),
  before,
  after,
  stop: actors => ask(actors, actors.connection, 'close'),
  rows: [...hostile, ...headers, ...ordinary],
});

export const amqplib = script(promises);
export const amqplibWithCallbacks = script(callbacks);
