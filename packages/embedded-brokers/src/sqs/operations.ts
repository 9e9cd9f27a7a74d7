/** The operations of SQS. Inputs and outputs are named as in the JSON protocol. */
import type { Account } from './account';
import { forEachEntry, type BatchEntry } from './batch';
import { sqsError } from './errors';
import { md5OfAttributes, md5OfBody } from './md5';
import { MAX_MESSAGE_BYTES, sizeOf, type Message, type MessageInput } from './message';
import { pickAttributes } from './message-attributes';
import type { MoveTasks } from './move-tasks';
import type { QueueAttributes } from './queue-attributes';

export interface Service {
  readonly account: Account;
  readonly moveTasks: MoveTasks;
}

type Operation = (service: Service, input: unknown, signal: AbortSignal) => object | Promise<object>;

interface OnQueue {
  readonly QueueUrl?: string;
}

interface OnQueueBatch<Entry> extends OnQueue {
  readonly Entries?: readonly (Entry & BatchEntry)[];
}

interface OnReceipt {
  readonly ReceiptHandle?: string;
}

interface ChangeVisibility extends OnReceipt {
  readonly VisibilityTimeout: number;
}

interface ReceiveMessage extends OnQueue {
  readonly MaxNumberOfMessages?: number;
  readonly VisibilityTimeout?: number;
  readonly WaitTimeSeconds?: number;
  readonly MessageAttributeNames?: readonly string[];
  readonly MessageSystemAttributeNames?: readonly string[];
  /** The old name of MessageSystemAttributeNames. */
  readonly AttributeNames?: readonly string[];
}

/** Clients send what the service model says: what is in there is checked where it is used. */
function operation<Input>(
  run: (service: Service, input: Input, signal: AbortSignal) => object | Promise<object> | void,
): Operation {
  return (service, input, signal) => run(service, input as Input, signal) ?? {};
}

export const operations: Readonly<Record<string, Operation>> = {
  CreateQueue: operation<{ QueueName: string; Attributes?: QueueAttributes }>(({ account }, input) => ({
    QueueUrl: account.urlOf(account.create(input.QueueName, input.Attributes)),
  })),

  DeleteQueue: operation<OnQueue>(({ account }, input) => account.delete(account.byUrl(input.QueueUrl))),

  GetQueueUrl: operation<{ QueueName?: string }>(({ account }, input) => ({
    QueueUrl: account.urlOf(account.byName(input.QueueName)),
  })),

  ListQueues: operation<{ QueueNamePrefix?: string }>(({ account }, input) => {
    const urls = account.list(input.QueueNamePrefix).map(queue => account.urlOf(queue));
    return urls.length > 0 ? { QueueUrls: urls } : {};
  }),

  ListDeadLetterSourceQueues: operation<OnQueue>(({ account }, input) => {
    const sources = account.deadLetterSources(account.byUrl(input.QueueUrl));
    return { queueUrls: sources.map(queue => account.urlOf(queue)) };
  }),

  GetQueueAttributes: operation<OnQueue & { AttributeNames?: string[] }>(({ account }, input) => ({
    Attributes: pickAttributes(account.byUrl(input.QueueUrl).describe(), input.AttributeNames),
  })),

  SetQueueAttributes: operation<OnQueue & { Attributes?: QueueAttributes }>(({ account }, input) =>
    account.configure(account.byUrl(input.QueueUrl), input.Attributes),
  ),

  PurgeQueue: operation<OnQueue>(({ account }, input) => {
    account.byUrl(input.QueueUrl).purge();
  }),

  SendMessage: operation<OnQueue & MessageInput>(({ account }, input) => account.byUrl(input.QueueUrl).send(input)),

  SendMessageBatch: operation<OnQueueBatch<MessageInput>>(({ account }, input) => {
    const queue = account.byUrl(input.QueueUrl);
    assertBatchSize(input.Entries);
    return forEachEntry(input.Entries, entry => queue.send(entry));
  }),

  ReceiveMessage: operation<ReceiveMessage>(async ({ account }, input, signal) => {
    const messages = await account.byUrl(input.QueueUrl).receive({
      maxMessages: input.MaxNumberOfMessages,
      visibilityTimeout: input.VisibilityTimeout,
      waitTimeSeconds: input.WaitTimeSeconds,
      signal,
    });
    // AWS leaves the list out when there is nothing in it.
    return messages.length > 0 ? { Messages: messages.map(message => received(message, input)) } : {};
  }),

  DeleteMessage: operation<OnQueue & OnReceipt>(({ account }, input) =>
    account.byUrl(input.QueueUrl).delete(input.ReceiptHandle),
  ),

  DeleteMessageBatch: operation<OnQueueBatch<OnReceipt>>(({ account }, input) => {
    const queue = account.byUrl(input.QueueUrl);
    return forEachEntry(input.Entries, entry => queue.delete(entry.ReceiptHandle));
  }),

  ChangeMessageVisibility: operation<OnQueue & ChangeVisibility>(({ account }, input) =>
    account.byUrl(input.QueueUrl).changeVisibility(input.ReceiptHandle, input.VisibilityTimeout),
  ),

  ChangeMessageVisibilityBatch: operation<OnQueueBatch<ChangeVisibility>>(({ account }, input) => {
    const queue = account.byUrl(input.QueueUrl);
    return forEachEntry(input.Entries, entry => queue.changeVisibility(entry.ReceiptHandle, entry.VisibilityTimeout));
  }),

  StartMessageMoveTask: operation<{ SourceArn?: string; DestinationArn?: string }>(({ moveTasks }, input) =>
    moveTasks.start(input.SourceArn, input.DestinationArn),
  ),

  ListMessageMoveTasks: operation<{ SourceArn?: string; MaxResults?: number }>(({ moveTasks }, input) => ({
    Results: moveTasks.list(input.SourceArn, input.MaxResults),
  })),
};

/** A message as its consumer sees it: attributes only as far as they were asked for. */
function received(message: Message, input: ReceiveMessage): object {
  const attributes = pickAttributes(message.attributes, input.MessageAttributeNames);
  const system = {
    ...message.system,
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  };
  const systemNames = [...(input.MessageSystemAttributeNames ?? []), ...(input.AttributeNames ?? [])];
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5OfBody(message.body),
    MessageAttributes: attributes,
    MD5OfMessageAttributes: md5OfAttributes(attributes),
    Attributes: pickAttributes(system, systemNames),
  };
}

function assertBatchSize(entries: readonly MessageInput[] = []): void {
  const size = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (size <= MAX_MESSAGE_BYTES) return;
  const message = `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes. You have sent ${size} bytes.`;
  throw sqsError('BatchRequestTooLong', message);
}
