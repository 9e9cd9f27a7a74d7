import { STORY_FIELD } from '../told-story';
import type { Fields } from '../types';
import { dropOlder } from './own-key';
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

/** Bytes that are left for us. */
interface Room {
  bytes: number;
}

/** Of the send that is being told: its messages share it. */
let shared: Room | undefined;

/** What comes behind the trace's own fields, in the order of its worth. */
const EXTRA = ['tracestate', 'baggage', STORY_FIELD];

/** Fields that are written together or not at all. */
interface Group {
  attributes: SqsAttributes;
  bytes: number;
}

/** What was written last, and how: the messages of one send, one after the other, get the same. */
let last: { fields: Fields; groups: readonly Group[] } | undefined;

/** As many fields as fit, a trace without its baggage rather than none. */
export function injectAttributes(message: SizedMessage, fields: Fields): boolean {
  if (last?.fields !== fields) last = { fields, groups: groupsOf(fields) };
  const { groups } = last;
  if (groups.length === 0) return false;
  const room = roomOf(message);
  const own = { ...message.MessageAttributes };
  dropOlder(own, fields);
  for (const group of groups) {
    // The first are the trace's own.
    if (!write(own, group, room) && group === groups[0]) return false;
  }
  message.MessageAttributes = own;
  return true;
}

/** None without the trace's own fields. */
function groupsOf(fields: Fields): Group[] {
  const essential: Group = { attributes: {}, bytes: 0 };
  for (const name in fields) if (!EXTRA.includes(name)) addTo(essential, name, fields);
  if (essential.bytes === 0) return [];
  const groups = [essential];
  for (const name of EXTRA) if (fields[name]) groups.push(addTo({ attributes: {}, bytes: 0 }, name, fields));
  return groups;
}

function addTo(group: Group, name: string, fields: Fields): Group {
  const StringValue = fields[name];
  if (!StringValue) return group;
  const attribute = { DataType: 'String', StringValue };
  group.attributes[name] = attribute;
  group.bytes += sizeOfAttribute(name, attribute);
  return group;
}

function write(own: SqsAttributes, { attributes, bytes }: Group, room: Room): boolean {
  let slots = Object.keys(own).length;
  for (const name in attributes) if (!Object.hasOwn(own, name)) slots += 1;
  if (slots > MAX_ATTRIBUTES || bytes > room.bytes) return false;
  room.bytes -= bytes;
  for (const name in attributes) own[name] = attributes[name];
  return true;
}

/** Whether the attributes have room for a creation context. */
export function hasRoomInAttributes(message: SizedMessage): boolean {
  const hasSlot = Object.keys(message.MessageAttributes ?? {}).length < MAX_ATTRIBUTES;
  return hasSlot && roomOf(message).bytes >= TRACEPARENT_BYTES;
}

/** Tells a send, whose messages share the quota. */
export function sharingQuota<T>(messages: readonly SizedMessage[], tell: () => T): T {
  const outer = shared;
  shared = roomFor(messages);
  try {
    return tell();
  } finally {
    shared = outer;
  }
}

function roomOf(message: SizedMessage): Room {
  return shared ?? roomFor([message]);
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
