/** The part of rascal that the tests use: it brings no types. */
declare module 'rascal' {
  import type { EventEmitter } from 'node:events';

  type AckOrNack = (error?: Error) => void;

  interface Subscription extends EventEmitter {
    on(event: 'message', listener: (message: unknown, content: unknown, ackOrNack: AckOrNack) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  export class BrokerAsPromised extends EventEmitter {
    static create(config: object): Promise<BrokerAsPromised>;
    publish(publication: string, content: object): Promise<EventEmitter>;
    subscribe(subscription: string): Promise<Subscription>;
    shutdown(): Promise<void>;
  }

  export function withDefaultConfig(config: object): object;
}
