export * from '../build/src/instrumentations.js';
