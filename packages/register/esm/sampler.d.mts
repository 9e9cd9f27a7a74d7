export * from '../build/src/sampler/messaging-sampler.js';
