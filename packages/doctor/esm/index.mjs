// The one implementation is the CommonJS one.
export * from '../build/src/index.js';
