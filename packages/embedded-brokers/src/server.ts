import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A running in-memory broker. */
export interface EmbeddedBroker {
  /** What a client is configured with: `host:port` or a URL. */
  readonly address: string;
  readonly port: number;
  /** Ends every socket and frees the port; a second call does nothing. */
  stop(): Promise<void>;
  /** After a stop: serves on the same port again, with what it had, as a broker that had it on its disk. */
  start(): Promise<void>;
}

/** Loopback only: none of these servers checks who is calling. */
export const HOST = '127.0.0.1';

/** Listens on `port` (0 = any free one) and ends every open socket when stopped. */
export async function serve(
  server: Server,
  port: number,
  address: (port: number) => string,
  host = HOST,
): Promise<EmbeddedBroker> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = async (at: number) => {
    server.listen(at, host);
    await once(server, 'listening');
  };
  await listen(port);
  const bound = (server.address() as AddressInfo).port;
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { address: address(bound), port: bound, stop, start: () => listen(bound) };
}
