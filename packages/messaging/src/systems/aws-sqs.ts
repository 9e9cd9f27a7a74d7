import type { Destination, MessagingSystem } from '../types';

interface AttributeValue {
  DataType?: string;
  StringValue?: string;
  BinaryValue?: Uint8Array;
}

/** An entry to send, or a received message, as the API has them. */
export interface SqsMessage {
  MessageId?: string;
  Body?: string;
  MessageBody?: string;
  MessageAttributes?: Record<string, AttributeValue>;
  /** The system attributes of a received message. */
  Attributes?: Record<string, string | undefined>;
}

/** SQS refuses a message with more attributes than this. */
const MAX_ATTRIBUTES = 10;

export const sqs: MessagingSystem<SqsMessage> = {
  name: 'aws_sqs',
  destinationKind: 'queue',
  getter: {
    keys: ({ MessageAttributes }) => Object.keys(MessageAttributes ?? {}),
    get({ MessageAttributes }, key) {
      const { StringValue, BinaryValue } = MessageAttributes?.[key] ?? {};
      return StringValue ?? (BinaryValue && Buffer.from(BinaryValue).toString());
    },
  },
  /** As many fields as fit, `traceparent` first: a trace without its baggage beats none. */
  inject(message, fields) {
    const own: Record<string, AttributeValue> = { ...message.MessageAttributes };
    for (const name of byImportance(fields)) {
      if (Object.keys(own).length >= MAX_ATTRIBUTES && !(name in own)) continue;
      own[name] = { DataType: 'String', StringValue: fields.get(name) };
    }
    message.MessageAttributes = own;
    return true;
  },
  canCarry: ({ MessageAttributes }) => Object.keys(MessageAttributes ?? {}).length < MAX_ATTRIBUTES,
  attributes: ({ MessageId, Body, MessageBody }, { bodySize }) => ({
    messageId: MessageId,
    bodySize: bodySize ? Buffer.byteLength(Body ?? MessageBody ?? '') : undefined,
  }),
  sentAt: ({ Attributes }) => positive(Attributes?.SentTimestamp),
  deliveryCount: ({ Attributes }) => positive(Attributes?.ApproximateReceiveCount),
  headers: ({ MessageAttributes }) =>
    MessageAttributes &&
    Object.fromEntries(Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue])),
};

const ORDER = ['traceparent', 'tracestate', 'baggage'];

function byImportance(fields: ReadonlyMap<string, string>): string[] {
  const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : 0);
  return [...fields.keys()].filter(name => fields.get(name)).sort((a, b) => rank(a) - rank(b));
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return value > 0 && Number.isFinite(value) ? value : undefined;
}

/** The queue's name is the last part of its URL, and of its ARN. */
export function sqsDestination(queueUrl: unknown): Destination {
  return typeof queueUrl === 'string' ? { name: queueUrl.split(/[/:]/).at(-1) || undefined } : {};
}
