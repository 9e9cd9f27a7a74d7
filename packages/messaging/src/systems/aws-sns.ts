import { diag } from '@opentelemetry/api';
import type { Destination, MessagingSystem } from '../types';
import { sqs } from './aws-sqs';
import { hasRoomInAttributes, injectAttributes } from './sqs-attribute-room';
import type { SqsAttributes } from './sqs-attributes';

/** A message, or an entry of a batch, to publish to a topic. */
export interface SnsMessage {
  Message?: string;
  MessageAttributes?: SqsAttributes;
}

let hasToldOfNoRoom = false;

/** What goes to a topic. What comes out of it is read from queues, as messages of SQS. */
export const sns: MessagingSystem<SnsMessage> = {
  name: 'aws.sns',
  destinationKind: 'topic',
  getter: sqs.getter,
  inject: injectAttributes,
  canCarry(message) {
    const { MessageAttributes } = message;
    // Anything but an object is for the service to complain of.
    if (MessageAttributes != null && (typeof MessageAttributes !== 'object' || Array.isArray(MessageAttributes)))
      return false;
    if (hasRoomInAttributes(message)) return true;
    if (!hasToldOfNoRoom) diag.warn('queuetrace: a message to a topic has no room for a context');
    hasToldOfNoRoom = true;
    return false;
  },
  isForwarded: sqs.isForwarded,
  attributes: ({ Message }, { bodySize }) => ({
    bodySize: bodySize ? Buffer.byteLength(String(Message ?? '')) : undefined,
  }),
  sentAt: () => undefined,
  deliveryCount: () => undefined,
  headers: sqs.headers,
};

const TOPIC_ARN = /^arn:[^:]*:sns:[^:]*:[^:]*:([^:/]+)$/;

/** The topic's name; undefined for a phone number and for the endpoint of an app, which are no destinations of ours. */
export function snsDestination(topicArn: unknown): Destination | undefined {
  const [, name] = (typeof topicArn === 'string' && TOPIC_ARN.exec(topicArn)) || [];
  return name === undefined ? undefined : { name };
}
