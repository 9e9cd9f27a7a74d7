import * as library from 'amqp-connection-manager';
import type { Channel, ChannelWrapper } from 'amqp-connection-manager';
import type { Script } from '../script';
import type { Row, Stage } from '../stage';
import { valueText } from '../value-text';
import { headerTables, hostileRows, rows } from './hostile-rows';
import { settle, type Settlements } from './settlements';

interface Actors {
  url: string;
  manager: library.AmqpConnectionManager;
}

const queue = 'orders';
const body = Buffer.from('order 1');
const ignore = () => {};
const temporary = { durable: false };
const configuration = { connectionOptions: { noDelay: true }, reconnectTimeInSeconds: 0.01 };
const LISTENERS = ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'];

async function start(url: string): Promise<Actors> {
  const manager = library.connect([url], configuration);
  await manager.connect();
  const channel = manager.createChannel({ setup: (raw: Channel) => raw.assertQueue(queue, temporary) });
  await channel.waitForConnect();
  return { url, manager };
}

/** A row's own. */
async function openChannel({ manager }: Actors, stage: Stage, options: object = {}): Promise<ChannelWrapper> {
  const channel = await stage.call('AmqpConnectionManager.createChannel', manager, options);
  for (const event of ['error', 'close'])
    channel.on(event, (error: unknown) => stage.note(`emits ${event} ${valueText(error)}`));
  await stage.call('ChannelWrapper.waitForConnect', channel);
  return channel;
}

/** What it cannot encode the wrapper keeps, for another channel, until it is closed. */
async function onOwn(actors: Actors, stage: Stage, method: string, ...args: unknown[]): Promise<void> {
  const channel = await openChannel(actors, stage);
  const failed = new Promise(resolve => channel.once('error', resolve));
  const published = stage.call(`ChannelWrapper.${method}`, channel, ...args);
  await Promise.race([published, failed]);
  await stage.call('ChannelWrapper.close', channel);
  await published;
}

const hostile = hostileRows<Actors>({
  'an exchange': (stage, actors, value) => onOwn(actors, stage, 'publish', value, queue, body),
  'a routing key': (stage, actors, value) => onOwn(actors, stage, 'publish', '', value, body),
  'a body': (stage, actors, value) => onOwn(actors, stage, 'publish', '', 'nowhere', value),
  'options of a publish': (stage, actors, value) => onOwn(actors, stage, 'publish', '', 'nowhere', body, value),
  headers: (stage, actors, value) => onOwn(actors, stage, 'publish', '', 'nowhere', body, { headers: value }),
  'a header': (stage, actors, value) =>
    onOwn(actors, stage, 'sendToQueue', 'nowhere', body, { headers: { tenant: value } }),
});

const headers: Row<Actors>[] = Object.entries(headerTables).map(([name, make]) => ({
  name,
  play: (stage, actors) => onOwn(actors, stage, 'publish', '', 'nowhere', body, Object.freeze({ headers: make() })),
}));

const granted: readonly (readonly [method: string, ...args: unknown[]])[] = [
  ['assertExchange', 'from', 'topic', temporary],
  ['assertExchange', 'to', 'fanout', temporary],
  ['checkExchange', 'to'],
  ['bindExchange', 'to', 'from', '#'],
  ['assertQueue', 'bound', temporary],
  ['checkQueue', 'bound'],
  ['bindQueue', 'bound', 'to', ''],
  ['publish', 'from', 'any', body, { headers: { tenant: 'a' } }],
  ['get', 'bound', { noAck: true }],
  ['get', 'bound'],
  ['unbindQueue', 'bound', 'to', ''],
  ['unbindExchange', 'to', 'from', '#'],
  ['purgeQueue', 'bound'],
  ['deleteQueue', 'bound'],
  ['deleteExchange', 'to'],
  ['deleteExchange', 'from'],
  ['queueLength'],
  ['cancel', 'no such consumer'],
  ['cancelAll'],
  ['close'],
  ['close'],
  ['get', 'bound'],
];

const MESSAGES = 3;

/** Of a queue of its own. */
async function consumed(stage: Stage, channel: ChannelWrapper): Promise<unknown[]> {
  const own = 'consumed';
  await channel.assertQueue(own, temporary);
  const messages: unknown[] = [];
  await new Promise<void>(resolve => {
    const handle = (message: unknown) => {
      stage.note(`handler called with ${valueText(message)}`);
      if (messages.push(message) === MESSAGES) setImmediate(resolve);
    };
    void stage
      .call('ChannelWrapper.consume', channel, own, handle, { consumerTag: 'mine', prefetch: 10 })
      .then(async () => {
        for (let index = 0; index < MESSAGES; index++) {
          await channel.sendToQueue(own, body, { messageId: `${index}`, headers: { tenant: 'a' } });
        }
      });
  });
  return messages;
}

const settlements: Readonly<Record<string, Settlements>> = {
  'each is acked': [
    ['ack', 0],
    ['ack', 1],
    ['ack', 2],
  ],
  'all are acked': [['ackAll']],
  'the first is nacked, all up to the last acked': [
    ['nack', 0, false, false],
    ['ack', 2, true],
  ],
  'all are nacked': [['nackAll', undefined, false]],
};

const settling: Row<Actors>[] = Object.entries(settlements).map(([name, calls]) => ({
  name: `messages are consumed, ${name}`,
  async play(stage, actors) {
    const channel = await openChannel(actors, stage);
    const messages = await consumed(stage, channel);
    settle(stage, 'ChannelWrapper', channel, messages, calls);
    await stage.call('ChannelWrapper.cancel', channel, 'mine');
    await stage.call('ChannelWrapper.deleteQueue', channel, 'consumed');
    await stage.call('ChannelWrapper.close', channel);
  },
}));

const ordinary = rows<Actors>({
  'what the broker grants': async (stage, actors) => {
    const channel = await openChannel(actors, stage, { name: 'mine' });
    for (const method of LISTENERS) stage.start(`ChannelWrapper.${method}`, channel, 'connect', ignore);
    for (const [method, ...args] of granted) await stage.call(`ChannelWrapper.${method}`, channel, ...args);
  },
  'bodies in JSON': (stage, actors) =>
    openChannel(actors, stage, { json: true }).then(async channel => {
      await stage.call('ChannelWrapper.sendToQueue', channel, 'nowhere', { order: 1 }, { headers: { tenant: 'a' } });
      const cyclic: Record<string, unknown> = {};
      cyclic.self = cyclic;
      await stage.call('ChannelWrapper.sendToQueue', channel, 'nowhere', cyclic);
      await stage.call('ChannelWrapper.close', channel);
    }),
  'callbacks of a publish': async (stage, actors) => {
    const channel = await openChannel(actors, stage);
    await stage.callback('ChannelWrapper.publish', channel, '', 'nowhere', body, { headers: { tenant: 'a' } });
    await stage.callback('ChannelWrapper.sendToQueue', channel, 'nowhere', body, {});
    await stage.call('ChannelWrapper.close', channel);
  },
  'a channel without confirms': async (stage, actors) => {
    const channel = await openChannel(actors, stage, { confirm: false });
    await stage.call('ChannelWrapper.sendToQueue', channel, 'nowhere', body);
    await stage.call('ChannelWrapper.close', channel);
  },
  setups: async (stage, actors) => {
    const setup = (raw: Channel) => raw.checkQueue(queue);
    const channel = await openChannel(actors, stage, { setup });
    await stage.call('ChannelWrapper.addSetup', channel, setup);
    await stage.call('ChannelWrapper.addSetup', channel, () => Promise.reject(new RangeError('in a setup')));
    await stage.call('ChannelWrapper.removeSetup', channel, setup, setup);
    await stage.call('ChannelWrapper.close', channel);
  },
  'a manager, from connect to close, and after it': async (stage, { url }) => {
    const manager = stage.apply('connect', library.connect, [url], configuration);
    for (const method of LISTENERS) {
      stage.start(`AmqpConnectionManager.${method}`, manager, 'connect', () => stage.note(`${method} of connect`));
    }
    stage.start('AmqpConnectionManager.listeners', manager, 'disconnect');
    stage.start('AmqpConnectionManager.removeListener', manager, 'connect', ignore);
    await stage.call('AmqpConnectionManager.connect', manager);
    stage.start('AmqpConnectionManager.isConnected', manager);
    const connected = new Promise(resolve => manager.once('connect', resolve));
    stage.start('AmqpConnectionManager.reconnect', manager);
    await connected;
    await stage.call('AmqpConnectionManager.close', manager);
    stage.start('AmqpConnectionManager.isConnected', manager);
    stage.start('AmqpConnectionManager.reconnect', manager);
  },
  'other ways to a manager': async (stage, { url }) => {
    const one = stage.start('default.connect', library.default, url, configuration);
    const other = stage.make('new AmqpConnectionManagerClass', library.AmqpConnectionManagerClass, url, configuration);
    for (const manager of [one, other]) {
      await stage.call('AmqpConnectionManager.connect', manager);
      await stage.call('AmqpConnectionManager.close', manager);
    }
  },
});

export const amqpConnectionManager: Script<Actors> = {
  start,
  stop: ({ manager }) => manager.close(),
  rows: [...hostile, ...headers, ...settling, ...ordinary],
};
