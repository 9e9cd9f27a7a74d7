import type { Socket } from 'node:net';
import { handlerFor } from './apis';
import { Reader, Writer } from './codec';
import type { BrokerState } from './request';

const LENGTH_BYTES = 4;

/** One client's socket. Like a real broker it works on one request at a time, so responses come in order. */
export class Connection {
  private received: Buffer = Buffer.alloc(0);
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly broker: BrokerState,
    private readonly socket: Socket,
  ) {
    socket.on('data', data => this.onData(data));
    // A client that goes away is no failure of the broker; 'close' follows.
    socket.on('error', () => {});
  }

  private onData(data: Buffer): void {
    this.received = this.received.length > 0 ? Buffer.concat([this.received, data]) : data;
    for (let frame = this.nextFrame(); frame; frame = this.nextFrame()) {
      const request = frame;
      // What cannot be understood ends the connection, as there is no telling where an error would belong.
      this.work = this.work.then(() => this.handle(request)).catch(() => void this.socket.destroy());
    }
  }

  private nextFrame(): Buffer | undefined {
    if (this.received.length < LENGTH_BYTES) return undefined;
    const end = LENGTH_BYTES + this.received.readInt32BE(0);
    if (this.received.length < end) return undefined;
    const frame = this.received.subarray(LENGTH_BYTES, end);
    this.received = this.received.subarray(end);
    return frame;
  }

  private async handle(frame: Buffer): Promise<void> {
    const body = new Reader(frame);
    const [key, version, correlationId] = [body.int16(), body.int16(), body.int32()];
    const handler = handlerFor(this.broker, key, version);
    if (!handler) throw new Error(`No API ${key} in version ${version}`);
    const clientId = body.string();
    const clientHost = `/${this.socket.remoteAddress}`;
    const answer = await handler({ broker: this.broker, version, body, clientId, clientHost });
    if (answer && this.socket.writable) this.send(correlationId, answer.toBuffer());
  }

  private send(correlationId: number, answer: Buffer): void {
    const header = new Writer().int32(LENGTH_BYTES + answer.length).int32(correlationId);
    this.socket.write(header.raw(answer).toBuffer());
  }
}
