/** Requests of clients that log in: everybody may, by any mechanism. */
import { Writer } from '../codec';
import { ErrorCode } from '../errors';
import type { KafkaRequest } from '../request';

export function saslHandshake({ body }: KafkaRequest): Writer {
  const writer = new Writer().int16(ErrorCode.NONE);
  return writer.array([body.string()], mechanism => writer.string(mechanism));
}

/** The client is told what it said. */
export function saslAuthenticate({ body }: KafkaRequest): Writer {
  return new Writer().int16(ErrorCode.NONE).string(null).bytes(body.bytes());
}
