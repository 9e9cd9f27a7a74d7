import { sqsDestination, type SqsMessage } from './aws-sqs';
import type { SqsAttribute } from './sqs-attributes';
import type { Destination } from '../types';

/** A message attribute, as Lambda hands it over. */
interface SqsEventAttribute {
  dataType?: string;
  stringValue?: string;
  /** Base64. */
  binaryValue?: string;
}

/** One message of the event that Lambda makes of a queue's messages. */
export interface SqsEventRecord {
  messageId: string;
  body: string;
  /** The system attributes, `AWSTraceHeader` among them. */
  attributes?: object;
  messageAttributes?: object;
  /** The queue's. */
  eventSourceARN?: string;
  awsRegion?: string;
}

/** The event of an SQS trigger. */
export interface SqsEvent<Record extends SqsEventRecord = SqsEventRecord> {
  Records: Record[];
}

/** The same message in the words of the API. */
export function messageOfRecord({ messageId, body, attributes, messageAttributes }: SqsEventRecord): SqsMessage {
  return {
    MessageId: messageId,
    Body: body,
    Attributes: attributes as SqsMessage['Attributes'],
    MessageAttributes: Object.fromEntries(
      Object.entries(messageAttributes ?? {}).map(([name, one]) => [
        name,
        toAttribute(one as SqsEventAttribute | null),
      ]),
    ),
  };
}

function toAttribute(attribute: SqsEventAttribute | null): SqsAttribute {
  const { dataType, stringValue, binaryValue } = attribute ?? {};
  const BinaryValue = typeof binaryValue === 'string' ? Buffer.from(binaryValue, 'base64') : undefined;
  return { DataType: dataType, StringValue: stringValue, BinaryValue };
}

export function destinationOfRecord({ eventSourceARN }: SqsEventRecord): Destination {
  return sqsDestination(eventSourceARN);
}

/** A queue that keeps an order: what comes after a failure must wait for it. */
export function isFifo({ eventSourceARN }: SqsEventRecord): boolean {
  return typeof eventSourceARN === 'string' && eventSourceARN.endsWith('.fifo');
}
