import type { Row, Stage } from '../../stage';
import { valueText } from '../../value-text';
import { hostileRows } from '../hostile-rows';
import { settle, type Settlements } from '../settlements';
import { body, ignore, openChannel, queue, type Actors } from './actors';

/* eslint-disable @typescript-eslint/no-explicit-any -- two APIs with the same methods. */

/** What is played on a channel of its own. */
type Play = (stage: Stage, actors: Actors, channel: any, type: string) => unknown;

/** For each row one on a channel, and one on a confirm channel. */
const onEach = (plays: Readonly<Record<string, Play>>): Row<Actors>[] =>
  ['Channel', 'ConfirmChannel'].flatMap(type =>
    Object.entries(plays).map(([name, play]) => ({
      name: `${type}: ${name}`,
      play: async (stage: Stage, actors: Actors) => play(stage, actors, await openChannel(actors, type), type),
    })),
  );

type Call = readonly [method: string, ...args: unknown[]];

const temporary = { durable: false, autoDelete: false };

/** In an order in which all are granted. */
const granted: readonly Call[] = [
  ['assertExchange', 'from', 'topic', temporary],
  ['assertExchange', 'to', 'fanout', temporary],
  ['checkExchange', 'to'],
  ['bindExchange', 'to', 'from', '#', {}],
  ['assertQueue', 'bound', temporary],
  ['assertQueue', '', { exclusive: true }],
  ['checkQueue', 'bound'],
  ['bindQueue', 'bound', 'to', '', { tenant: 'a' }],
  ['prefetch', 2, false],
  ['prefetch', 0, true],
  ['unbindQueue', 'bound', 'to', '', { tenant: 'a' }],
  ['unbindExchange', 'to', 'from', '#', {}],
  ['purgeQueue', 'bound'],
  ['get', 'bound', { noAck: true }],
  ['cancel', 'no such consumer'],
  ['recover'],
  ['deleteQueue', 'bound', {}],
  ['deleteExchange', 'to', {}],
  ['deleteExchange', 'from', {}],
  ['close'],
  ['close'],
  ['checkQueue', queue],
  ['get', queue, {}],
  ['consume', queue, ignore, {}],
];

/** Each costs the channel. */
const refused: readonly Call[] = [
  ['checkQueue', 'none'],
  ['checkExchange', 'none'],
  ['assertQueue', queue, { durable: true }],
  ['bindQueue', queue, 'none', '', {}],
  ['purgeQueue', 'none'],
  ['consume', 'none', ignore, {}],
  ['get', 'none', {}],
  ['ack', { fields: { deliveryTag: 9 } }],
  ['reject', { fields: { deliveryTag: 9 } }, false],
];

const MESSAGES = 3;

/** On an own queue; its messages, which are there when the consumer is. */
async function consumed(
  stage: Stage,
  { api, control }: Actors,
  channel: any,
  type: string,
  { count = MESSAGES, noAck = false, end = ignore as (message: any) => unknown } = {},
): Promise<any[]> {
  const { queue: own } = await api.ask(control, 'assertQueue', '', { exclusive: true });
  const messages: any[] = [];
  await new Promise<void>(resolve => {
    const handle = (message: any) => {
      stage.note(`handler called with ${valueText(message)}`);
      messages.push(message);
      if (messages.length === count) setImmediate(resolve);
      return end(message);
    };
    void api.request(stage, `${type}.consume`, channel, own, handle, { consumerTag: 'mine', noAck }).then(() => {
      for (let index = 0; index < MESSAGES; index++) {
        stage.start(`${type}.sendToQueue`, channel, own, body, { messageId: `${index}`, headers: { tenant: 'a' } });
      }
    });
  });
  return messages;
}

/** How three messages are settled. */
const settlements: Readonly<Record<string, Settlements>> = {
  'each is acked': [
    ['ack', 0],
    ['ack', 1],
    ['ack', 2],
  ],
  'acked in reverse': [
    ['ack', 2],
    ['ack', 1],
    ['ack', 0],
  ],
  'all are acked up to the last': [['ack', 2, true]],
  'all are acked': [['ackAll']],
  'none is': [],
  'one of each': [
    ['ack', 0],
    ['nack', 1, false, false],
    ['reject', 2, false],
  ],
  'all are nacked up to the last': [['nack', 2, true, false]],
  'all are nacked': [['nackAll', undefined, false]],
  'one is acked twice': [
    ['ack', 0],
    ['ack', 0],
  ],
};

const settling: Record<string, Play> = Object.fromEntries(
  Object.entries(settlements).map(([name, calls]) => [
    `messages are consumed, ${name}`,
    async (stage: Stage, actors: Actors, channel: any, type: string) => {
      const messages = await consumed(stage, actors, channel, type);
      settle(stage, type, channel, messages, calls);
      await actors.api.request(stage, `${type}.cancel`, channel, 'mine');
      await actors.api.request(stage, `${type}.close`, channel);
      stage.start(`${type}.ack`, channel, messages[0]);
      stage.start(`${type}.ackAll`, channel);
    },
  ]),
);

const endings: Readonly<Record<string, () => unknown>> = {
  'gives back a value': () => 7,
  'gives back a promise': () => Promise.resolve(),
  'gives back a thenable': () => ({ then: (done: (value: string) => void) => done('then') }),
  'rejects, which nobody catches': () => Promise.reject(new RangeError('in a handler')),
};

const ending: Record<string, Play> = Object.fromEntries(
  Object.entries(endings).map(([name, end]) => [
    `a handler ${name}`,
    async (stage: Stage, actors: Actors, channel: any, type: string) => {
      await consumed(stage, actors, channel, type, { noAck: true, end });
      await actors.api.request(stage, `${type}.close`, channel);
    },
  ]),
);

/** As somebody else's instrumentation. */
function patch(stage: Stage, target: any, method: string): void {
  const original = target[method];
  target[method] = function (...args: unknown[]) {
    stage.note(`patched ${method}`);
    return original.apply(this, args);
  };
}

const ordinary: Record<string, Play> = {
  'what the broker grants': async (stage, { api }, channel, type) => {
    stage.start(`${type}.on`, channel, 'drain', ignore);
    for (const [method, ...args] of granted) await api.request(stage, `${type}.${method}`, channel, ...args);
    stage.start(`${type}.publish`, channel, '', queue, body);
    stage.start(`${type}.sendToQueue`, channel, queue, body);
    stage.start(`${type}.nackAll`, channel);
  },
  'a message is got, and given back': async (stage, { api, control }, channel, type) => {
    const { queue: own } = await api.ask(control, 'assertQueue', '', { exclusive: true });
    stage.start(`${type}.sendToQueue`, channel, own, body, { headers: { tenant: 'a' } });
    for (const method of ['nack', 'reject', 'ack']) {
      const message = await api.request(stage, `${type}.get`, channel, own, {});
      stage.start(`${type}.${method}`, channel, message);
    }
    await api.request(stage, `${type}.get`, channel, own, {});
  },
  'messages that come again by recover': async (stage, actors, channel, type) => {
    const messages = await consumed(stage, actors, channel, type);
    await new Promise<void>(resolve => {
      let left = MESSAGES;
      channel.on('delivery', () => --left === 0 && setImmediate(resolve));
      void actors.api.request(stage, `${type}.recover`, channel);
    });
    stage.start(`${type}.nack`, channel, messages[0]);
    stage.start(`${type}.ackAll`, channel);
  },
  'the queue of a consumer is deleted': async (stage, { api, control }, channel, type) => {
    const { queue: own } = await api.ask(control, 'assertQueue', '', { exclusive: true });
    await new Promise<void>(resolve => {
      const handle = (message: unknown) => {
        stage.note(`handler called with ${valueText(message)}`);
        setImmediate(resolve);
      };
      void api
        .request(stage, `${type}.consume`, channel, own, handle, {})
        .then(() => api.ask(control, 'deleteQueue', own, {}));
    });
  },
  'a handler throws': async (stage, { api, control, connection }, channel, type) => {
    const { queue: own } = await api.ask(control, 'assertQueue', '', { exclusive: true });
    await new Promise<void>(resolve => {
      const handle = () => {
        setImmediate(resolve);
        throw new RangeError('in a handler');
      };
      connection.once('close', () => setImmediate(resolve));
      void api.request(stage, `${type}.consume`, channel, own, handle, {}).then(() => {
        stage.start(`${type}.sendToQueue`, channel, own, body);
      });
    });
  },
  'somebody has patched it': (stage, _actors, channel, type) => {
    for (const method of ['publish', 'sendToQueue', 'ack']) patch(stage, channel, method);
    stage.start(`${type}.publish`, channel, '', 'nowhere', body, { headers: { tenant: 'a' } });
    stage.start(`${type}.sendToQueue`, channel, 'nowhere', body);
  },
  'it is of a subclass': async (stage, actors, channel, type) => {
    class Mine extends channel.constructor {
      publish(...args: unknown[]) {
        stage.note('publish of a subclass');
        return super.publish(...args);
      }
    }
    Object.setPrototypeOf(channel, Mine.prototype);
    stage.start(`${type}.publish`, channel, '', 'nowhere', body, { headers: { tenant: 'a' } });
    await consumed(stage, actors, channel, type, { noAck: true });
  },
};

/** Nothing looks at a handler before it is called. */
const hostile = hostileRows<Actors>({
  'a handler of a message': async (stage, actors, value) => {
    if (typeof value === 'function') return;
    const { api, control, connection } = actors;
    const channel = await openChannel(actors, 'Channel');
    const { queue: own } = await api.ask(control, 'assertQueue', '', { exclusive: true });
    await api.request(stage, 'Channel.consume', channel, own, value, { noAck: true });
    const failed = new Promise(resolve => {
      channel.once('handler-error', resolve);
      connection.once('close', resolve);
    });
    stage.start('Channel.sendToQueue', channel, own, body);
    await failed;
  },
});

const refusals = Object.fromEntries(
  refused.map(([method, ...args]): [string, Play] => [
    `${method} of ${valueText(args[0])} is refused`,
    async (stage, { api }, channel, type) => {
      const isAnswered = method !== 'ack' && method !== 'reject';
      if (isAnswered) return api.request(stage, `${type}.${method}`, channel, ...args);
      const closed = new Promise(resolve => channel.once('close', resolve));
      stage.start(`${type}.${method}`, channel, ...args);
      return closed;
    },
  ]),
);

const confirms: Row<Actors>[] = [
  {
    name: 'confirms are waited for',
    async play(stage, actors) {
      const channel = await openChannel(actors, 'ConfirmChannel');
      for (const messageId of ['a', 'b', 'c'])
        stage.start('ConfirmChannel.publish', channel, '', 'nowhere', body, { messageId });
      const confirmed = (error: unknown, ok: unknown) => stage.note(`confirmed ${valueText(error)} ${valueText(ok)}`);
      stage.start('ConfirmChannel.publish', channel, '', queue, body, {}, confirmed);
      stage.start('ConfirmChannel.sendToQueue', channel, queue, body, undefined, confirmed);
      await actors.api.request(stage, 'ConfirmChannel.waitForConfirms', channel);
      await actors.api.request(stage, 'ConfirmChannel.waitForConfirms', channel);
      stage.start('ConfirmChannel.publish', channel, '', queue, body);
      await actors.api.request(stage, 'ConfirmChannel.close', channel);
      await actors.api.request(stage, 'ConfirmChannel.waitForConfirms', channel);
    },
  },
];

export const channelRows = [...onEach({ ...ordinary, ...settling, ...ending, ...refusals }), ...confirms, ...hostile];
