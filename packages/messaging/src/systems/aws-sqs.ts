import { diag, type SpanContext } from '@opentelemetry/api';
import type { CarrierOptions, Destination, Fields, MessagingSystem } from '../types';
import { toTraceHeader, toTraceparent, XRAY_FIELD, XRAY_HEADER } from './aws-trace-header';
import { ownKey } from './own-key';
import { snsAttribute, snsAttributeNames } from './sns-envelope';
import { hasRoomInAttributes, injectAttributes } from './sqs-attribute-room';
import type { SqsAttribute, SqsAttributes } from './sqs-attributes';

/** An entry to send, or a received message, as the API has them. */
export interface SqsMessage {
  MessageId?: string;
  Body?: string;
  MessageBody?: string;
  MessageGroupId?: string;
  MessageDeduplicationId?: string;
  MessageAttributes?: SqsAttributes;
  /** The system attributes of a message to send. */
  MessageSystemAttributes?: SqsAttributes;
  /** The system attributes of a received message. */
  Attributes?: Record<string, string | undefined>;
}

const TRACE_HEADER = 'AWSTraceHeader';

/** Attributes that were received: in a message to send they are forwarded, not written by the caller. */
const receivedAttributes = new WeakSet<SqsAttribute>();

export const sqs: MessagingSystem<SqsMessage> = {
  name: 'aws_sqs',
  destinationKind: 'queue',
  getter: {
    /** X-Ray's propagator looks for its field among these. */
    keys(message) {
      const keys = [...Object.keys(message.MessageAttributes ?? {}), ...snsAttributeNames(message)];
      return message.Attributes?.[TRACE_HEADER] ? [...keys, XRAY_FIELD] : keys;
    },
    /** The message's own attributes, else those in an SNS notification that is its body, else the X-Ray header. */
    get(message, key) {
      return (
        attributeText(message.MessageAttributes, key) ??
        snsAttribute(message, key) ??
        fromTraceHeader(message.Attributes?.[TRACE_HEADER], key)
      );
    },
  },
  inject,
  canCarry,
  isForwarded: ({ MessageAttributes }) =>
    isRecord(MessageAttributes) && Object.values(MessageAttributes).some(one => receivedAttributes.has(one)),
  attributes: ({ MessageId, Body, MessageBody, MessageGroupId, MessageDeduplicationId, Attributes }, options) => ({
    messageId: MessageId,
    sqsMessageGroupId: options.messageKey ? (MessageGroupId ?? Attributes?.MessageGroupId) : undefined,
    sqsMessageDeduplicationId: MessageDeduplicationId ?? Attributes?.MessageDeduplicationId,
    bodySize: options.bodySize ? Buffer.byteLength(String(Body ?? MessageBody ?? '')) : undefined,
  }),
  sentAt: ({ Attributes }) => positive(Attributes?.SentTimestamp),
  deliveryCount: ({ Attributes }) => positive(Attributes?.ApproximateReceiveCount),
  deadLetter({ Attributes }, { name }) {
    const source = Attributes?.DeadLetterQueueSourceArn;
    if (!source) return undefined;
    const originalQueue = queueOfArn(source);
    // One that was moved back is no dead letter any more.
    if (originalQueue !== undefined && originalQueue === name) return undefined;
    // SQS moves a message there for no other reason. The count goes on in the queue for dead letters, from what it was in the source.
    const count = positive(Attributes?.ApproximateReceiveCount);
    const error = 'maxReceiveCount exceeded';
    return { originalQueue, retryCount: count && count - 1, error, isMovedByBroker: true };
  },
  isCopy: (delivered, sent) => delivered.Body !== undefined && delivered.Body === sent.MessageBody,
  identity: ({ MessageId, Attributes }, { destination }) =>
    MessageId && `${queueOfArn(Attributes?.DeadLetterQueueSourceArn) ?? destination.name}\0${MessageId}`,
  hasSilentFailures: true,
  headers: ({ MessageAttributes }) =>
    isRecord(MessageAttributes)
      ? Object.fromEntries(Object.entries(MessageAttributes).map(([name, one]) => [name, textOf(one)]))
      : undefined,
};

/** Into the attributes, where they have room, else into the X-Ray header. */
function inject(
  message: SqsMessage,
  fields: Fields,
  creation: SpanContext | undefined,
  { sqsCarrier }: CarrierOptions,
): boolean {
  if (sqsCarrier === 'aws-trace-header') return injectTraceHeader(message, creation);
  const isCarried = injectAttributes(message, fields);
  if (isCarried && sqsCarrier === 'attributes' && !(XRAY_HEADER in fields)) return true;
  return injectTraceHeader(message, creation) || isCarried;
}

/** It takes no slot and does not count towards the size; one that the caller has set stays. */
function injectTraceHeader(message: SqsMessage, creation: SpanContext | undefined): boolean {
  if (!creation || !hasRoomForHeader(message)) return false;
  const header = { DataType: 'String', StringValue: toTraceHeader(creation) };
  message.MessageSystemAttributes = { ...message.MessageSystemAttributes, [TRACE_HEADER]: header };
  return true;
}

let hasToldOfNoRoom = false;

function canCarry(message: SqsMessage, { sqsCarrier }: CarrierOptions): boolean {
  if (!isSendable(message)) return false;
  if (hasRoomForHeader(message)) return true;
  if (sqsCarrier !== 'aws-trace-header' && hasRoomInAttributes(message)) return true;
  if (!hasToldOfNoRoom) diag.warn(`queuetrace: a message with an ${TRACE_HEADER} of its own has no room for a context`);
  hasToldOfNoRoom = true;
  return false;
}

/** Anything else is for the service to complain of, or is summed up as nobody knows. */
function isSendable({ MessageBody = '', MessageAttributes, MessageSystemAttributes }: SqsMessage): boolean {
  if (typeof MessageBody !== 'string') return false;
  return isSendableTable(MessageAttributes) && isSendableTable(MessageSystemAttributes);
}

function isSendableTable(table: SqsAttributes | null | undefined): boolean {
  return table == null || (isRecord(table) && Object.values(table).every(isSendableAttribute));
}

function isSendableAttribute(attribute: SqsAttribute | null | undefined): boolean {
  if (!isRecord(attribute)) return false;
  const { StringValue, BinaryValue } = attribute as SqsAttribute;
  return BinaryValue === undefined ? typeof StringValue === 'string' : BinaryValue instanceof Uint8Array;
}

const hasRoomForHeader = ({ MessageSystemAttributes }: SqsMessage) => MessageSystemAttributes?.[TRACE_HEADER] == null;

/** Remembers which attributes were read from a message, so that forwarding them is no choice of the caller's. */
export function markReceived({ MessageAttributes }: SqsMessage, fields: readonly string[]): void {
  for (const name of fields) {
    const attribute = MessageAttributes?.[name];
    if (isRecord(attribute)) receivedAttributes.add(attribute);
  }
}

function attributeText(attributes: SqsAttributes | undefined, name: string): string | undefined {
  if (!isRecord(attributes)) return undefined;
  const key = ownKey(attributes, name);
  return key === undefined ? undefined : textOf(attributes[key]);
}

function textOf(attribute: SqsAttribute | null | undefined): string | undefined {
  const { StringValue, BinaryValue } = attribute ?? {};
  if (typeof StringValue === 'string') return StringValue;
  return BinaryValue instanceof Uint8Array ? Buffer.from(BinaryValue).toString() : undefined;
}

function fromTraceHeader(header: string | undefined, key: string): string | undefined {
  if (!header) return undefined;
  if (key === XRAY_FIELD) return header;
  return key === 'traceparent' ? toTraceparent(header) : undefined;
}

function isRecord(value: unknown): value is Record<string, SqsAttribute> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Digits, as the API has its counts and times. */
function positive(text: unknown): number | undefined {
  const value = typeof text === 'string' ? Number(text) : NaN;
  return value > 0 && Number.isSafeInteger(value) ? value : undefined;
}

const QUEUE_ARN = /^arn:[^:]*:sqs:[^:]*:[^:]*:([\w.-]{1,80})$/;

function queueOfArn(arn: unknown): string | undefined {
  return typeof arn === 'string' ? QUEUE_ARN.exec(arn)?.[1] : undefined;
}

/** The queue's name is the last part of its URL, and of its ARN. */
export function sqsDestination(queueUrl: unknown): Destination {
  if (typeof queueUrl !== 'string') return {};
  const start = Math.max(queueUrl.lastIndexOf('/'), queueUrl.lastIndexOf(':')) + 1;
  return { name: queueUrl.slice(start) || undefined };
}
