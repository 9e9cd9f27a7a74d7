import { createRequire } from 'node:module';
import * as library from 'rascal';
import type { Script } from '../script';
import type { Row, Stage } from '../stage';
import { valueText } from '../value-text';
import { headerTables, hostileRows, rows } from './hostile-rows';

/* eslint-disable @typescript-eslint/no-explicit-any -- two APIs with the same methods. */

/** One of the library's two APIs. */
interface Api {
  create: string;
  broker: 'Broker' | 'BrokerAsPromised';
  session: string;
  request(stage: Stage, name: string, target: any, ...args: unknown[]): Promise<any>;
}

interface Actors {
  url: string;
  broker: any;
}

const callbacks: Api = {
  create: 'createBroker',
  broker: 'Broker',
  session: 'SubscriptionSession',
  request: (stage, name, target, ...args) => stage.callback(name, target, ...args),
};

const promises: Api = {
  create: 'createBrokerAsPromised',
  broker: 'BrokerAsPromised',
  session: 'SubscriberSessionAsPromised',
  request: (stage, name, target, ...args) => stage.call(name, target, ...args),
};

const temporary = { options: { durable: false } };

const configuration = (url: string): library.BrokerConfig => ({
  vhosts: {
    '/': {
      connection: { url, socketOptions: { noDelay: true } as object },
      exchanges: { orders: { type: 'topic', ...temporary } },
      queues: { orders: temporary, later: temporary },
      bindings: ['orders[new] -> orders'],
    },
  },
  publications: {
    orders: { vhost: '/', exchange: 'orders', routingKey: 'new' },
    quickly: { vhost: '/', queue: 'orders', confirm: false },
    later: { vhost: '/', exchange: 'orders', routingKey: 'none' },
    nowhere: { vhost: '/', exchange: 'orders', routingKey: 'none', options: { mandatory: true } },
  },
  subscriptions: { orders: { vhost: '/', queue: 'orders', contentType: 'text/plain' } },
});

async function createBroker({ create, request }: Api, stage: Stage, url: string): Promise<any> {
  const broker = await request(stage, create, library, library.withDefaultConfig(configuration(url)));
  broker.on('error', (error: unknown) => stage.note(`the broker emits error ${valueText(error)}`));
  return broker;
}

/** Until the publication has succeeded, or failed. */
async function publish(stage: Stage, { request, broker: type }: Api, broker: any, method: string, ...args: unknown[]) {
  const publication = await request(stage, `${type}.${method}`, broker, ...args);
  if (!publication) return;
  await new Promise<void>(resolve => {
    for (const event of ['success', 'error', 'return']) {
      stage.start('PublicationSession.on', publication, event, (value: unknown) => {
        stage.note(`publication emits ${event} ${valueText(value)}`);
        if (event !== 'return') resolve();
      });
    }
  });
}

const hostile = hostileRows<Actors>({
  'a body': (stage, { broker }, value) => publish(stage, callbacks, broker, 'publish', 'nowhere', value),
  headers: (stage, { broker }, value) =>
    publish(stage, callbacks, broker, 'publish', 'nowhere', 'x', { options: { headers: value } } as object),
  'a header': (stage, { broker }, value) =>
    publish(stage, callbacks, broker, 'publish', 'nowhere', 'x', { options: { headers: { tenant: value } } }),
});

const headers: Row<Actors>[] = Object.entries(headerTables).map(([name, make]) => ({
  name,
  play: (stage, { broker }) =>
    publish(stage, callbacks, broker, 'publish', 'orders', 'x', Object.freeze({ options: { headers: make() } })),
}));

/** How a message is settled. */
const settlements: Readonly<Record<string, readonly unknown[]>> = {
  acked: [],
  'nacked for an error': [new RangeError('in a handler')],
  'nacked by a strategy': [new RangeError('in a handler'), { strategy: 'nack' }],
  republished: [new RangeError('in a handler'), [{ strategy: 'republish', attempts: 1 }, { strategy: 'ack' }]],
  forwarded: [new RangeError('in a handler'), { strategy: 'forward', publication: 'later' }],
};

const settled = (api: Api): Row<Actors>[] =>
  Object.entries(settlements).map(([name, args]) => ({
    name: `${api.broker}: a message is ${name}`,
    async play(stage, { url }) {
      const broker = await createBroker(api, stage, url);
      const session = await api.request(stage, `${api.broker}.subscribe`, broker, 'orders');
      session.on('error', (error: unknown) => stage.note(`session emits error ${valueText(error)}`));
      const subscribed = new Promise(resolve => session.once('subscribed', resolve));
      let left = name === 'republished' ? 2 : 1;
      const handled = new Promise<void>(resolve => {
        const handle = (message: unknown, content: unknown, ackOrNack: unknown) => {
          stage.note(`handler called with ${valueText(message)} ${valueText(content)}`);
          stage.apply('AckOrNack', ackOrNack, ...args);
          if (--left === 0) setImmediate(resolve);
        };
        stage.start(`${api.session}.on`, session, 'message', handle);
      });
      await subscribed;
      await publish(stage, api, broker, 'publish', 'orders', 'order 1', { options: { headers: { tenant: 'a' } } });
      await handled;
      await api.request(stage, `${api.session}.cancel`, session);
      await api.request(stage, `${api.broker}.shutdown`, broker);
    },
  }));

const message = {
  content: Buffer.from('x'),
  fields: { exchange: '', routingKey: 'new' },
  properties: { headers: { tenant: 'a', rascal: { originalQueue: 'orders' } } },
};

const lives = (api: Api): Row<Actors>[] =>
  rows<Actors>({
    [`${api.broker}: from creation to shutdown`]: async (stage, { url }) => {
      const request = (method: string, ...args: unknown[]) =>
        api.request(stage, `${api.broker}.${method}`, broker, ...args);
      const broker = await createBroker(api, stage, url);
      stage.start(`${api.broker}.getConnections`, broker);
      const connection = await request('connect', '/');
      await new Promise(resolve => connection.close(resolve));
      await request('connect', 'none');
      await publish(stage, api, broker, 'publish', 'orders', { order: 1 }, 'new');
      await publish(stage, api, broker, 'publish', 'quickly', Buffer.from('x'), {});
      await publish(stage, api, broker, 'publish', 'nowhere', 'x');
      await publish(stage, api, broker, 'publish', 'none', 'x');
      await publish(stage, api, broker, 'forward', 'orders', message);
      await request('purge');
      await request('subscribeAll');
      await request('unsubscribeAll');
      await request('bounce');
      await publish(stage, api, broker, 'publish', 'orders', 'after a bounce');
      await request('shutdown');
    },
    [`${api.broker}: it is nuked`]: async (stage, { url }) => {
      const config = { vhosts: { '/': { connection: { url }, queues: { nuked: temporary } } } };
      const given = library.withDefaultConfig(config);
      const broker = await api.request(stage, `${api.broker}.create`, library[api.broker], given);
      await api.request(stage, `${api.broker}.nuke`, broker);
      stage.start(`${api.broker}.getConnections`, broker);
    },
    [`${api.broker}: a configuration that is wrong`]: stage =>
      api.request(stage, api.create, library, { vhosts: { '/': { queues: 7, nothing: {} } } }),
  });

/** It is declared, but not exported: an app has it by its file. */
const Vhost = createRequire(__filename)('rascal/lib/amqp/Vhost') as {
  create(config: object, components: object, next: unknown): void;
};

async function useVhost(stage: Stage, vhost: any): Promise<void> {
  const request = (method: string) => stage.callback(`Vhost.${method}`, vhost);
  const close = (closing: any) => new Promise(resolve => closing.close(resolve));
  stage.start('Vhost.getConnectionDetails', vhost);
  stage.start('Vhost.isPaused', vhost);
  await close(await request('connect'));
  await close(await request('getChannel'));
  await close(await request('getConfirmChannel'));
  for (const kind of ['Channel', 'ConfirmChannel']) {
    stage.start(`Vhost.return${kind}`, vhost, await request(`borrow${kind}`));
    stage.start(`Vhost.destroy${kind}`, vhost, await request(`borrow${kind}`));
  }
  await request('purge');
  await request('bounce');
  await request('disconnect');
  await request('init');
  await request('nuke');
  await request('shutdown');
}

const ordinary = rows<Actors>({
  'a virtual host': async (stage, { broker }) => {
    // Its connections are in a random order.
    const config = { ...broker.config.vhosts['/'], bindings: {} };
    const create = (next: unknown) => Vhost.create(config, {}, next);
    const vhost = await stage.callback('Vhost.create', { create });
    await useVhost(stage, vhost);
  },
  'a publication is aborted': async (stage, { broker }) => {
    const publication = await stage.callback('Broker.publish', broker, 'orders', 'x');
    stage.start('PublicationSession.abort', publication);
    stage.start('PublicationSession.isAborted', publication);
    // Its channel is given back by then.
    await publish(stage, callbacks, broker, 'publish', 'orders', 'x');
  },
  'a subscription is cancelled': async (stage, { broker }) => {
    const session = await stage.callback('Broker.subscribe', broker, 'orders', { prefetch: 1 });
    stage.start('SubscriptionSession.isCancelled', session);
    await stage.callback('SubscriptionSession.cancel', session);
    stage.start('SubscriptionSession.isCancelled', session);
    await stage.callback('Broker.subscribe', broker, 'none');
  },
  configurations: (stage, { url }) => {
    stage.start('withDefaultConfig', library, configuration(url));
    stage.start('withTestConfig', library, configuration(url));
  },
  counters: stage => {
    const next = (error: unknown, count: unknown) => stage.note(`counted ${valueText(error)} ${valueText(count)}`);
    for (const name of ['inMemory', 'stub'] as const) {
      const counter = stage.start(`counters.${name}`, library.counters, { size: 1 });
      for (const key of ['a', 'a']) counter.incrementAndGet(key, next);
    }
    stage.start('counters.inMemoryCluster.master', library.counters.inMemoryCluster, {});
    stage.start('counters.inMemoryCluster.worker', library.counters.inMemoryCluster, {});
  },
});

export const rascal: Script<Actors> = {
  start: async url => ({
    url,
    broker: await new Promise((resolve, reject) => {
      library.createBroker(library.withDefaultConfig(configuration(url)), (error, broker) => {
        if (error) reject(error);
        else resolve(broker);
      });
    }),
  }),
  stop: ({ broker }) => new Promise(resolve => broker.shutdown(resolve)),
  rows: [
    ...hostile,
    ...headers,
    ...ordinary,
    ...[callbacks, promises].flatMap(api => [...lives(api), ...settled(api)]),
  ],
};
