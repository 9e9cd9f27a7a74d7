/** What is compared. Each mode is a process of its own: contrib's packages must be there before the client library. */
export const MODES = [
  'none',
  'by hand',
  'contrib',
  'contrib with metrics',
  'ours',
  'ours with metrics',
  'ours unsampled',
] as const;

export type Mode = (typeof MODES)[number];

export const hasMetrics = (mode: Mode) => mode.endsWith('with metrics');
export const isOurs = (mode: Mode) => mode.startsWith('ours');
export const isContrib = (mode: Mode) => mode.startsWith('contrib');

/** The mode that each one is held against. */
export const BASELINE: Mode = 'none';
export const YARDSTICK: Mode = 'by hand';
