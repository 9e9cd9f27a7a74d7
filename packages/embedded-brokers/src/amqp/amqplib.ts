import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The methods of AMQP 0-9-1 that this broker knows, and the properties of a message. */
type MethodName =
  | 'BasicAck'
  | 'BasicCancel'
  | 'BasicCancelOk'
  | 'BasicConsume'
  | 'BasicConsumeOk'
  | 'BasicDeliver'
  | 'BasicGet'
  | 'BasicGetEmpty'
  | 'BasicGetOk'
  | 'BasicNack'
  | 'BasicProperties'
  | 'BasicPublish'
  | 'BasicQos'
  | 'BasicQosOk'
  | 'BasicRecover'
  | 'BasicRecoverOk'
  | 'BasicReject'
  | 'BasicReturn'
  | 'ChannelClose'
  | 'ChannelCloseOk'
  | 'ChannelFlow'
  | 'ChannelFlowOk'
  | 'ChannelOpen'
  | 'ChannelOpenOk'
  | 'ConfirmSelect'
  | 'ConfirmSelectOk'
  | 'ConnectionClose'
  | 'ConnectionCloseOk'
  | 'ConnectionOpen'
  | 'ConnectionOpenOk'
  | 'ConnectionStart'
  | 'ConnectionStartOk'
  | 'ConnectionTune'
  | 'ConnectionTuneOk'
  | 'ConnectionUpdateSecret'
  | 'ConnectionUpdateSecretOk'
  | 'ExchangeBind'
  | 'ExchangeBindOk'
  | 'ExchangeDeclare'
  | 'ExchangeDeclareOk'
  | 'ExchangeDelete'
  | 'ExchangeDeleteOk'
  | 'ExchangeUnbind'
  | 'ExchangeUnbindOk'
  | 'QueueBind'
  | 'QueueBindOk'
  | 'QueueDeclare'
  | 'QueueDeclareOk'
  | 'QueueDelete'
  | 'QueueDeleteOk'
  | 'QueuePurge'
  | 'QueuePurgeOk'
  | 'QueueUnbind'
  | 'QueueUnbindOk';

/** amqplib's `lib/defs`. */
interface Definitions {
  encodeMethod(id: number, channel: number, fields: object): Buffer;
  encodeProperties(id: number, channel: number, bodySize: number, fields: object): Buffer;
}

interface ParsedFrame {
  readonly rest: Buffer;
}

interface DecodedFrame {
  readonly channel: number;
  /** Of a method or, in a content header, of its class. */
  readonly id?: number;
  readonly fields?: Record<string, unknown>;
  /** In a content header: how long the body is. */
  readonly size?: number;
  /** In a body frame. */
  readonly content?: Buffer;
}

/** amqplib's `lib/frame`. */
interface Framing {
  /** What `decodeFrame` gives for every heartbeat. */
  readonly HEARTBEAT: DecodedFrame;
  readonly HEARTBEAT_BUF: Buffer;
  parseFrame(bytes: Buffer, maxSize: number): ParsedFrame | false;
  decodeFrame(frame: ParsedFrame): DecodedFrame;
  makeBodyFrame(channel: number, payload: Buffer): Buffer;
}

// The client's generated codec encodes and decodes the methods of both sides. It is internal: the package exports
// neither file, so they are loaded by their place (and amqplib's version is pinned).
const load = createRequire(__filename);
const lib = join(dirname(load.resolve('amqplib')), 'lib');

/** Method ids and their encoding. */
export const defs: Definitions & Readonly<Record<MethodName, number>> = load(join(lib, 'defs'));

export const framing: Framing = load(join(lib, 'frame'));
