import type { Script } from '../../script';
import { after, before, callbacks, promises, type Actors, type Api } from './actors';
import { channelRows } from './channel';
import { connectionRows } from './connection';
import { publishRows } from './publish';

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
  stop: ({ api, connection }) => api.ask(connection, 'close'),
  rows: [...publishRows, ...channelRows, ...connectionRows],
});

export const amqplib = script(promises);
export const amqplibWithCallbacks = script(callbacks);
