// The one implementation is the CommonJS one, so that both module systems share its state.
export * from '../build/src/libraries.js';
