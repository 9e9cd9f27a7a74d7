import type { Script } from '../../script';
import { start, stop, type Actors } from './actors';
import { adminRows, slowAdminRows } from './admin';
import { clusterRows } from './cluster';
import { consumerRows } from './consumer';
import { libraryRows } from './library';
import { producerRows } from './producer';

export const kafkajs: Script<Actors> = {
  start,
  stop,
  rows: [...producerRows, ...consumerRows, ...adminRows, ...clusterRows, ...libraryRows],
  meanwhile: slowAdminRows,
};
