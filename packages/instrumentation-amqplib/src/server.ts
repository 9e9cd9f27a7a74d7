import type { Advice, Server } from '@queuetrace/messaging';
import type { Channel } from 'amqplib';

interface Socket {
  /** Node.js keeps the name that was looked up here. */
  _host?: string;
  remoteAddress?: string;
  remotePort?: number;
}

interface Connection {
  stream?: Socket;
}

const servers = new WeakMap<Connection, Server>();
const virtualHosts = new WeakMap<Connection, string>();

/** A connection's `open`: it is told the virtual host, and does not keep it. */
export const openAdvice: Advice = (call, [fields]: [{ virtualHost?: unknown } | undefined], connection: Connection) => {
  if (typeof fields?.virtualHost === 'string') virtualHosts.set(connection, fields.virtualHost);
  return call();
};

/** The broker at the other end of a channel's connection; kept, since a closed socket no longer says. */
export function serverOf(channel: Channel): Server | undefined {
  const { connection } = channel as { connection?: Connection };
  if (!connection?.stream) return undefined;
  const known = servers.get(connection);
  if (known) return known;
  const { _host, remoteAddress, remotePort } = connection.stream;
  if (remotePort === undefined) return undefined;
  const server = { address: _host ?? remoteAddress, port: remotePort, virtualHost: virtualHosts.get(connection) };
  servers.set(connection, server);
  return server;
}
