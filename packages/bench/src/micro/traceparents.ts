import { randomBytes } from 'node:crypto';

/** A context as another process's producer sends it. */
export const traceparent = () => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
