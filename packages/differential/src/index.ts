export { gapsOf } from './methods/unplayed';
export { compare } from './performances';
export { scripts } from './rows';
export type { Performance } from './script';
