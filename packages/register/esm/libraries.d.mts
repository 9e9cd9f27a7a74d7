export * from '../build/src/libraries.js';
