import type { Queue } from './queue';

/** A field table: headers of a message, arguments of a queue or a binding. */
export type Table = Record<string, unknown>;

export interface Properties {
  readonly headers?: Table;
  /** Milliseconds, as a string. */
  readonly expiration?: string;
  readonly [name: string]: unknown;
}

export interface Message {
  readonly exchange: string;
  readonly routingKey: string;
  readonly properties: Properties;
  readonly body: Buffer;
}

/** A message in a queue, or delivered from there and not settled yet. */
export interface QueuedMessage extends Message {
  readonly queue: Queue;
  /** Grows with every message of the queue, so that one that comes back finds its old place. */
  readonly position: number;
  readonly expiresAt: number;
  readonly redelivered: boolean;
}
