import type { Socket } from 'node:net';
import { defs, framing } from './amqplib';
import { Channel, type ChannelOwner } from './channel';
import { encodeContent, FRAME_MAX, FrameReader, type Frame } from './codec';
import { ChannelError, ConnectionError } from './errors';
import type { Message } from './message';
import type { VirtualHost } from './vhost';

const PROTOCOL_HEADER = Buffer.from('AMQP\x00\x00\x09\x01', 'latin1');
const CHANNEL_MAX = 2047;
const HEARTBEAT_SECONDS = 60;
const INTERNAL_ERROR = 541;
/** A reply text is a short string, of which the length fits in a byte. */
const MAX_TEXT = 255;
const CREDENTIALS = '\0guest\0guest';

/** Clients go by these what they may expect of a server; the product is what it stands in for. */
const SERVER_PROPERTIES = {
  product: 'RabbitMQ',
  version: '0.0.0',
  platform: 'Node.js',
  information: 'An in-memory stand-in for RabbitMQ',
  capabilities: {
    publisher_confirms: true,
    exchange_exchange_bindings: true,
    'basic.nack': true,
    consumer_cancel_notify: true,
    connection_blocked: true,
    authentication_failure_close: true,
  },
};

/** One client's socket: the handshake, and the channels in it. */
export class Connection implements ChannelOwner {
  private readonly frames = new FrameReader();
  private readonly channels = new Map<number, Channel>();
  private greeted = false;
  private frameMax = FRAME_MAX;
  private heartbeat?: NodeJS.Timeout;

  constructor(
    readonly vhost: VirtualHost,
    private readonly socket: Socket,
  ) {
    socket.on('data', data => this.onData(data));
    // A client that goes away is no failure of the broker; 'close' follows.
    socket.on('error', () => {});
    socket.on('close', () => this.cleanUp());
  }

  send(channel: number, id: number, fields: object = {}): void {
    if (this.socket.writable) this.socket.write(defs.encodeMethod(id, channel, fields));
  }

  sendContent(channel: number, id: number, fields: object, message: Message): void {
    if (this.socket.writable) this.socket.write(encodeContent(channel, id, fields, message, this.frameMax));
  }

  forget(channel: number): void {
    this.channels.delete(channel);
  }

  private onData(data: Buffer): void {
    this.frames.push(data);
    try {
      if (!this.greeted && !this.greet()) return;
      for (let frame = this.frames.next(); frame; frame = this.frames.next()) this.onFrame(frame);
    } catch (error) {
      this.fail(error);
    }
  }

  private greet(): boolean {
    const header = this.frames.take(PROTOCOL_HEADER.length);
    if (!header) return false;
    if (!header.equals(PROTOCOL_HEADER)) {
      // What a server sends to a client of another protocol: the one that it speaks.
      this.socket.end(PROTOCOL_HEADER);
      return false;
    }
    this.greeted = true;
    const version = { versionMajor: 0, versionMinor: 9 };
    const offered = { mechanisms: Buffer.from('PLAIN'), locales: Buffer.from('en_US') };
    this.send(0, defs.ConnectionStart, { ...version, ...offered, serverProperties: SERVER_PROPERTIES });
    return true;
  }

  private onFrame(frame: Frame): void {
    if (frame.kind === 'heartbeat') return;
    if (frame.channel !== 0) return this.onChannelFrame(frame);
    if (frame.kind === 'method') this.onConnectionMethod(frame.id, frame.fields as Record<string, unknown>);
  }

  private onConnectionMethod(id: number, fields: Record<string, unknown>): void {
    switch (id) {
      case defs.ConnectionStartOk:
        return this.logIn(String(fields.response));
      case defs.ConnectionTuneOk:
        return this.tune(Number(fields.frameMax), Number(fields.heartbeat));
      case defs.ConnectionOpen:
        return this.open(String(fields.virtualHost));
      case defs.ConnectionUpdateSecret:
        return this.send(0, defs.ConnectionUpdateSecretOk);
      case defs.ConnectionClose:
        this.send(0, defs.ConnectionCloseOk);
        this.socket.end();
    }
  }

  private logIn(credentials: string): void {
    if (credentials !== CREDENTIALS) {
      const text = 'Login was refused using authentication mechanism PLAIN. For details see the broker logfile.';
      throw new ConnectionError('ACCESS_REFUSED', text);
    }
    this.send(0, defs.ConnectionTune, { channelMax: CHANNEL_MAX, frameMax: FRAME_MAX, heartbeat: HEARTBEAT_SECONDS });
  }

  /** The client has the last word, within what was offered; 0 = as offered, or no heartbeat at all. */
  private tune(frameMax: number, heartbeatSeconds: number): void {
    this.frameMax = frameMax || FRAME_MAX;
    if (heartbeatSeconds === 0) return;
    const beat = () => void (this.socket.writable && this.socket.write(framing.HEARTBEAT_BUF));
    this.heartbeat = setInterval(beat, (heartbeatSeconds * 1000) / 2).unref();
  }

  private open(virtualHost: string): void {
    if (virtualHost !== '/') throw new ConnectionError('NOT_ALLOWED', `vhost ${virtualHost} not found`);
    this.send(0, defs.ConnectionOpenOk, { knownHosts: '' });
  }

  private onChannelFrame(frame: Frame): void {
    const method = frame.kind === 'method' ? frame.id : 0;
    if (method === defs.ChannelOpen) return this.openChannel(frame.channel);
    // The answer to this broker's own close: only now the number is free again.
    if (method === defs.ChannelCloseOk) return this.forget(frame.channel);
    const channel = this.channels.get(frame.channel);
    if (!channel) throw new ConnectionError('CHANNEL_ERROR', "expected 'channel.open'");
    try {
      channel.onFrame(frame);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      channel.close();
      this.send(frame.channel, defs.ChannelClose, closing(error.code, error.message, method));
    }
  }

  private openChannel(id: number): void {
    this.channels.set(id, new Channel(this, id));
    this.send(id, defs.ChannelOpenOk, { channelId: Buffer.alloc(0) });
  }

  private fail(error: unknown): void {
    const code = error instanceof ConnectionError ? error.code : INTERNAL_ERROR;
    const text = error instanceof Error ? error.message : String(error);
    this.send(0, defs.ConnectionClose, closing(code, text, 0));
    this.socket.end();
  }

  private cleanUp(): void {
    clearInterval(this.heartbeat);
    for (const channel of this.channels.values()) channel.close();
    this.vhost.removeQueuesOf(this);
  }
}

/** `method` is the one that went wrong: its id is made of its class and its number in there. */
function closing(replyCode: number, text: string, method: number): object {
  return { replyCode, replyText: text.slice(0, MAX_TEXT), classId: method >> 16, methodId: method & 0xffff };
}
