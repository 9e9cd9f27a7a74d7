import { defs, framing } from './amqplib';
import type { Message, Properties } from './message';

export type Frame =
  | { readonly kind: 'method'; readonly channel: number; readonly id: number; readonly fields: unknown }
  | { readonly kind: 'header'; readonly channel: number; readonly size: number; readonly properties: Properties }
  | { readonly kind: 'body'; readonly channel: number; readonly content: Buffer }
  | { readonly kind: 'heartbeat'; readonly channel: number };

/** The largest frame that this broker takes, and RabbitMQ's default. */
export const FRAME_MAX = 131072;
/** Header and end mark of a frame. */
const FRAME_OVERHEAD = 8;

/** Cuts what comes in on a socket into frames. */
export class FrameReader {
  private received: Buffer = Buffer.alloc(0);

  push(data: Buffer): void {
    this.received = this.received.length > 0 ? Buffer.concat([this.received, data]) : data;
  }

  /** The next `length` bytes as they are, once they are all there. */
  take(length: number): Buffer | undefined {
    if (this.received.length < length) return undefined;
    const bytes = this.received.subarray(0, length);
    this.received = this.received.subarray(length);
    return bytes;
  }

  next(): Frame | undefined {
    const parsed = framing.parseFrame(this.received, FRAME_MAX);
    if (!parsed) return undefined;
    this.received = parsed.rest;
    const frame = framing.decodeFrame(parsed);
    const { channel, id = 0, size, fields = {}, content } = frame;
    if (frame === framing.HEARTBEAT) return { kind: 'heartbeat', channel };
    if (content) return { kind: 'body', channel, content };
    if (size !== undefined) return { kind: 'header', channel, size, properties: withoutUndefined(fields) };
    return { kind: 'method', channel, id, fields };
  }
}

/** A method that carries a message: the method, the message's header, and its body in as many frames as it takes. */
export function encodeContent(channel: number, id: number, fields: object, message: Message, frameMax: number): Buffer {
  const { body, properties } = message;
  const frames = [
    defs.encodeMethod(id, channel, fields),
    defs.encodeProperties(defs.BasicProperties, channel, body.length, properties),
  ];
  const step = frameMax - FRAME_OVERHEAD;
  for (let start = 0; start < body.length; start += step) {
    frames.push(framing.makeBodyFrame(channel, body.subarray(start, start + step)));
  }
  return Buffer.concat(frames);
}

/** The codec gives every property; those that the publisher did not set must not be set for the consumer either. */
function withoutUndefined(fields: Record<string, unknown>): Properties {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
