import type { Script } from '../../script';
import { start, stop, type Actors } from './actors';
import { commandRows } from './commands';
import { libraryRows } from './library';
import { messageRows } from './messages';

export const clientSqs: Script<Actors> = {
  start,
  stop,
  rows: [...messageRows, ...commandRows, ...libraryRows],
};
