export * from '../build/src/index.js';
