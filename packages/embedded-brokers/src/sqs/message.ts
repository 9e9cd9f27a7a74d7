import { createHash, randomUUID } from 'node:crypto';
import { epochMs } from '../clock';
import { AwsError, assertRange, invalidParameter, missingParameter } from './errors';
import { md5OfAttributes, md5OfBody } from './md5';
import { assertValidAttributes, sizeOfAttributes, type MessageAttributes } from './message-attributes';

/** What a client sends: the input of SendMessage, or one entry of SendMessageBatch. */
export interface MessageInput {
  readonly MessageBody?: string;
  readonly MessageAttributes?: MessageAttributes;
  readonly MessageSystemAttributes?: MessageAttributes;
  readonly DelaySeconds?: number;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
}

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly system: Readonly<Record<string, string>>;
  readonly group?: string;
  /** Milliseconds; nobody receives it before. */
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt?: number;
  /** Handed out with the latest receipt; only who holds it may delete the message. */
  receiptHandle?: string;
}

export const MAX_MESSAGE_BYTES = 1048576;
const MAX_DELAY_SECONDS = 900;
/** SQS takes only what XML could hold. */
const ILLEGAL_CHARACTER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

export function sizeOf(input: MessageInput): number {
  return Buffer.byteLength(input.MessageBody ?? '') + sizeOfAttributes(input.MessageAttributes ?? {});
}

export function assertValidMessage(input: MessageInput): asserts input is MessageInput & { MessageBody: string } {
  if (!input.MessageBody) throw missingParameter('MessageBody');
  if (ILLEGAL_CHARACTER.test(input.MessageBody)) {
    throw new AwsError('InvalidMessageContents', 'Invalid characters found.');
  }
  assertValidAttributes(input.MessageAttributes ?? {});
  for (const name of Object.keys(input.MessageSystemAttributes ?? {})) {
    if (name !== 'AWSTraceHeader') throw invalidParameter(`Message system attribute name '${name}' is invalid.`);
  }
  if (sizeOf(input) > MAX_MESSAGE_BYTES) {
    const reason = `Message must be shorter than ${MAX_MESSAGE_BYTES} bytes.`;
    throw invalidParameter(`One or more parameters are invalid. Reason: ${reason}`);
  }
  assertRange('DelaySeconds', input.DelaySeconds, 0, MAX_DELAY_SECONDS);
}

export function newMessage(input: MessageInput & { MessageBody: string }, delaySeconds: number): Message {
  const now = epochMs();
  const traceHeader = input.MessageSystemAttributes?.AWSTraceHeader?.StringValue;
  const group = input.MessageGroupId;
  return {
    id: randomUUID(),
    body: input.MessageBody,
    attributes: input.MessageAttributes ?? {},
    system: {
      SenderId: 'AIDAEMBEDDEDBROKER',
      SentTimestamp: String(now),
      ...(traceHeader !== undefined && { AWSTraceHeader: traceHeader }),
      ...(group !== undefined && { MessageGroupId: group }),
    },
    group,
    visibleAt: now + delaySeconds * 1000,
    receiveCount: 0,
  };
}

/** The checksums that a sender gets back, to compare with its own. */
export function checksums(input: MessageInput) {
  return {
    MD5OfMessageBody: md5OfBody(input.MessageBody ?? ''),
    MD5OfMessageAttributes: md5OfAttributes(input.MessageAttributes),
    MD5OfMessageSystemAttributes: md5OfAttributes(input.MessageSystemAttributes),
  };
}

/** The same message in another queue, to be received there as if nobody had it. */
export function moved(message: Message, system: Message['system']): Message {
  return { ...message, system, visibleAt: epochMs(), receiptHandle: undefined };
}

export const contentHash = (body: string): string => createHash('sha256').update(body, 'utf8').digest('hex');
