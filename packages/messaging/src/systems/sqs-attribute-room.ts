import { STORY_FIELD } from '../told-story';
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

/** Bytes that are left for us, by message; entries of a batch share them. */
interface Room {
  bytes: number;
}
const rooms = new WeakMap<SizedMessage, Room>();

/** What comes behind the trace's own fields, in the order of its worth. */
const EXTRA = ['tracestate', 'baggage', STORY_FIELD];

/** Fields that are written together or not at all. */
interface Group {
  attributes: SqsAttributes;
  bytes: number;
}

/** By what is injected: the messages of one send share it. */
const groups = new WeakMap<ReadonlyMap<string, string>, readonly Group[]>();

/** As many fields as fit, a trace without its baggage rather than none. */
export function injectAttributes(message: SizedMessage, fields: ReadonlyMap<string, string>): boolean {
  let all = groups.get(fields);
  if (!all) groups.set(fields, (all = groupsOf(fields)));
  const [essential, ...extra] = all;
  const room = roomOf(message);
  const own = { ...message.MessageAttributes };
  dropOlder(own, fields);
  if (!essential || !write(own, essential, room)) return false;
  for (const group of extra) write(own, group, room);
  message.MessageAttributes = own;
  return true;
}

/** None without the trace's own fields. */
function groupsOf(fields: ReadonlyMap<string, string>): Group[] {
  const names = [...fields.keys()].filter(name => fields.get(name));
  const essential = names.filter(name => !EXTRA.includes(name));
  const extra = EXTRA.filter(name => names.includes(name));
  return essential.length > 0 ? [essential, ...extra.map(name => [name])].map(one => groupOf(one, fields)) : [];
}

function groupOf(names: readonly string[], fields: ReadonlyMap<string, string>): Group {
  const entries = names.map(name => [name, { DataType: 'String', StringValue: fields.get(name) }] as const);
  const bytes = entries.reduce((sum, [name, attribute]) => sum + sizeOfAttribute(name, attribute), 0);
  return { attributes: Object.fromEntries(entries), bytes };
}

function write(own: SqsAttributes, { attributes, bytes }: Group, room: Room): boolean {
  let slots = Object.keys(own).length;
  for (const name in attributes) if (!Object.hasOwn(own, name)) slots += 1;
  if (slots > MAX_ATTRIBUTES || bytes > room.bytes) return false;
  room.bytes -= bytes;
  Object.assign(own, attributes);
  return true;
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
