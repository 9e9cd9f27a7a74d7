import { STORY_FIELD } from '../told-story';
import { dropOtherSpellings } from './own-key';
import { sizeOfAttribute, sizeOfMessage, type SqsAttributes } from './sqs-attributes';

/** A message to send through SQS or SNS, as far as its quotas go. */
interface SizedMessage {
  /** The body in SQS. */
  MessageBody?: string;
  /** The body in SNS. */
  Message?: string;
  MessageAttributes?: SqsAttributes;
}

/** SQS refuses a message with more attributes than this; SNS loses it on the way to a queue with raw delivery. */
const MAX_ATTRIBUTES = 10;
/** The quotas for one message, and for all entries of a batch: until 2025, and since. A queue's own may be lower. */
const QUOTAS_BYTES = [256 * 1024, 1024 * 1024];
const TRACEPARENT_BYTES = 72;

/** Bytes that are left for us, by message; entries of a batch share them. */
interface Room {
  bytes: number;
}
const rooms = new WeakMap<SizedMessage, Room>();

/** What comes behind the trace's own fields, in the order of its worth. */
const EXTRA = ['tracestate', 'baggage', STORY_FIELD];

/** As many fields as fit, a trace without its baggage rather than none. */
export function injectAttributes(message: SizedMessage, fields: ReadonlyMap<string, string>): boolean {
  const room = roomOf(message);
  const own = { ...message.MessageAttributes };
  for (const name of fields.keys()) dropOtherSpellings(own, name);
  const write = (names: readonly string[]) => {
    const added = Object.fromEntries(names.map(name => [name, { DataType: 'String', StringValue: fields.get(name) }]));
    const bytes = names.reduce((sum, name) => sum + sizeOfAttribute(name, added[name]), 0);
    if (Object.keys({ ...own, ...added }).length > MAX_ATTRIBUTES || bytes > room.bytes) return false;
    room.bytes -= bytes;
    message.MessageAttributes = Object.assign(own, added);
    return true;
  };
  const names = [...fields.keys()].filter(name => fields.get(name));
  const essential = names.filter(name => !EXTRA.includes(name));
  const isCarried = essential.length > 0 && write(essential);
  if (isCarried) for (const name of EXTRA) if (names.includes(name)) write([name]);
  return isCarried;
}

/** Whether the attributes have room for a creation context. */
export function hasRoomInAttributes(message: SizedMessage): boolean {
  const hasSlot = Object.keys(message.MessageAttributes ?? {}).length < MAX_ATTRIBUTES;
  return hasSlot && roomOf(message).bytes >= TRACEPARENT_BYTES;
}

/** To be called for the entries of a batch: they share the quota. */
export function shareQuota(entries: readonly SizedMessage[]): void {
  const room = roomFor(entries);
  for (const entry of entries) rooms.set(entry, room);
}

function roomOf(message: SizedMessage): Room {
  return rooms.get(message) ?? roomFor([message]);
}

function roomFor(messages: readonly SizedMessage[]): Room {
  let bytes = 0;
  for (const { MessageBody, Message, MessageAttributes } of messages) {
    bytes += sizeOfMessage(MessageBody ?? Message, MessageAttributes);
  }
  // What keeps the smaller quota goes on keeping it: nobody knows which one a server has.
  const quota = QUOTAS_BYTES.find(one => bytes <= one) ?? bytes;
  return { bytes: quota - bytes };
}
