/** Kept equal to package.json by `npm version`. */
export const VERSION = '0.1.0';
