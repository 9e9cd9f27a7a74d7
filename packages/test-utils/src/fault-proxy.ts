import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Transform } from 'node:stream';

const HOST = '127.0.0.1';

interface Connection {
  readonly client: Socket;
  readonly broker: Socket;
  /** What the client sends does not arrive, and it is not told. */
  isHalfOpen: boolean;
}

/** Stands between a client and a broker, as a network does that fails. */
export class FaultProxy {
  private readonly connections = new Set<Connection>();
  private readonly server = createServer({ noDelay: true }, socket => this.accept(socket));
  /** How many connections there have been. */
  opened = 0;
  private port = 0;
  private isSilent = false;
  private delayMs = 0;

  /** @param target host:port or a URL, as a client would be told it */
  constructor(private readonly target: string) {}

  async start(): Promise<this> {
    await this.listen();
    return this;
  }

  /** The target's, with this in its place. */
  get address(): string {
    return this.at(this.target);
  }

  get hostAndPort(): { host: string; port: number } {
    return { host: HOST, port: this.port };
  }

  /** Another address of the same broker, such as the URL of a queue. */
  at(address: string): string {
    const { host } = toUrl(address);
    return address.replace(host, `${HOST}:${this.port}`);
  }

  /** How many connections there are now. */
  get count(): number {
    return this.connections.size;
  }

  /** Both sides are told that the other one has ended. */
  cut(): void {
    for (const { client, broker } of this.connections) {
      client.end();
      broker.end();
    }
  }

  /** Both sides get a RST. */
  reset(): void {
    for (const { client, broker } of this.connections) {
      client.resetAndDestroy();
      broker.resetAndDestroy();
    }
  }

  /**
   * What clients send is lost, and they hear nothing of it; who connects now gets no answer. What was on its way to them
   * arrives whole: of half an answer kafkajs makes the beginning of the next connection's first one.
   */
  halfOpen(): void {
    this.isSilent = true;
    for (const connection of this.connections) {
      connection.isHalfOpen = true;
      connection.client.unpipe();
      connection.client.resume();
    }
  }

  /** From now on everything arrives this much later. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** Nobody listens any more, and nobody who did is there. */
  async refuse(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.reset();
    await closed;
  }

  /** Who connects from now on gets through; a connection that was half-open is reset, as it is when its host is back. */
  async heal(): Promise<void> {
    for (const { client, isHalfOpen } of this.connections) if (isHalfOpen) client.resetAndDestroy();
    this.isSilent = false;
    this.delayMs = 0;
    if (!this.server.listening) await this.listen();
  }

  async stop(): Promise<void> {
    for (const { client, broker } of this.connections) {
      client.destroy();
      broker.destroy();
    }
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  private async listen(): Promise<void> {
    this.server.listen(this.port, HOST);
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private accept(client: Socket): void {
    this.opened++;
    const { hostname, port } = toUrl(this.target);
    const broker = connect({ host: hostname, port: Number(port), noDelay: true });
    const connection: Connection = { client, broker, isHalfOpen: this.isSilent };
    this.connections.add(connection);
    client
      .on('error', () => {})
      .on('close', () => {
        this.connections.delete(connection);
        broker.destroy();
      });
    broker
      .on('error', () => {})
      .on('close', () => {
        if (!connection.isHalfOpen) client.destroy();
      });
    if (this.isSilent) {
      client.resume();
      broker.destroy();
      return;
    }
    client.pipe(this.delayed()).pipe(broker);
    broker.pipe(this.delayed()).pipe(client);
  }

  private delayed(): Transform {
    return new Transform({
      transform: (chunk, _encoding, done) => {
        if (this.delayMs === 0) done(null, chunk);
        else setTimeout(done, this.delayMs, null, chunk);
      },
    });
  }
}

function toUrl(address: string): URL {
  return new URL(address.includes('://') ? address : `tcp://${address}`);
}
