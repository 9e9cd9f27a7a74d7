export type { Performance, Played } from './script';
export { scripts } from './rows';
