import { createServer } from 'node:net';
import { HOST, serve, type EmbeddedBroker } from '../server';
import { Connection } from './connection';
import { VirtualHost } from './vhost';

export interface AmqpBrokerOptions {
  /** 0 (default) = a free one. */
  readonly port?: number;
}

/** An AMQP 0-9-1 broker in the manner of RabbitMQ, in memory. Its address is `amqp://guest:guest@host:port`. */
export function startAmqpBroker({ port = 0 }: AmqpBrokerOptions = {}): Promise<EmbeddedBroker> {
  const vhost = new VirtualHost();
  const server = createServer({ noDelay: true }, socket => new Connection(vhost, socket));
  return serve(server, port, bound => `amqp://guest:guest@${HOST}:${bound}`);
}
