import type { Row, Stage } from '../../stage';
import { hostileRows, rows } from '../hostile-rows';
import { body, ignore, noteEvents, queue, socketOptions, type Actors, type Api } from './actors';

/* eslint-disable @typescript-eslint/no-explicit-any -- two APIs with the same methods. */

async function useConnection({ request }: Api, stage: Stage, name: string, connection: any): Promise<void> {
  stage.start(`${name}.on`, connection, 'blocked', ignore);
  for (const [method, type] of Object.entries({ createChannel: 'Channel', createConfirmChannel: 'ConfirmChannel' })) {
    for (const options of [[], [{ highWaterMark: 1 }]]) {
      const channel = await request(stage, `${name}.${method}`, connection, ...options);
      stage.start(`${type}.sendToQueue`, channel, queue, body, { headers: { tenant: 'a' } });
      await request(stage, `${type}.close`, channel);
    }
  }
  await request(stage, `${name}.updateSecret`, connection, Buffer.from('new'), 'old age');
  await request(stage, `${name}.close`, connection);
  await request(stage, `${name}.createChannel`, connection);
  await request(stage, `${name}.close`, connection);
}

const ordinary = rows<Actors>({
  'a connection, from connect to close, and after it': async (stage, { api, url }) => {
    const connection = await api.request(stage, 'connect', api.library, url, socketOptions);
    noteEvents(connection, 'own connection', ignore);
    await useConnection(api, stage, api.connection, connection);
  },
  'a connection that recovers': async (stage, { api, url }) => {
    const recovery = { initialDelay: 1, maxDelay: 1, waitForConnect: true };
    const connection = await api.request(stage, 'connect', api.library, url, { ...socketOptions, recovery });
    noteEvents(connection, 'recovering connection', ignore);
    await api.request(stage, `${api.recovering}.waitForConnect`, connection);
    await useConnection(api, stage, api.recovering, connection);
  },
  'a connection that somebody has patched': async (stage, { api, url }) => {
    const connection = await api.request(stage, 'connect', api.library, url, socketOptions);
    for (const method of ['createChannel', 'createConfirmChannel']) {
      const original = connection[method];
      connection[method] = function (...args: unknown[]) {
        stage.note(`patched ${method}`);
        return original.apply(this, args);
      };
    }
    await useConnection(api, stage, api.connection, connection);
  },
  'a connection that is refused': async (stage, { api }) => {
    await api.request(stage, 'connect', api.library, 'amqp://127.0.0.1:1', socketOptions);
    await api.request(stage, 'connect', api.library, 'http://127.0.0.1:1', socketOptions);
  },
  'a password that is wrong': (stage, { api, url }) => {
    const credentials = api.library.credentials.plain('guest', 'wrong');
    return api.request(stage, 'connect', api.library, url, { ...socketOptions, credentials });
  },
  credentials: (stage, { api: { library } }) => {
    for (const [name, ...args] of [['plain', 'user', 'secret'], ['amqplain', 'user', 'secret'], ['external']]) {
      const made = stage.start(`credentials.${name}`, library.credentials, ...args);
      stage.start(`credentials.${name}.response`, made);
    }
  },
  'an error of the library': (stage, { api: { library } }) => {
    stage.make('new IllegalOperationError', library.IllegalOperationError, 'no', 'at once');
    stage.make('new IllegalOperationError', library.IllegalOperationError);
  },
});

const hostile: Row<Actors>[] = hostileRows<Actors>({
  // A function in their place is the callback of the other API.
  'options of a channel': (stage, { api, connection }, value) =>
    typeof value !== 'function' && api.request(stage, `${api.connection}.createChannel`, connection, value),
});

export const connectionRows = [...ordinary, ...hostile];
