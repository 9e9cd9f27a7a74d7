import { randomUUID } from 'node:crypto';
import { sqsError } from './errors';

/** Tells of which queue and message it is, so that a handle that never was one can be told from an outdated one. */
export function newReceiptHandle(queueArn: string, messageId: string): string {
  return Buffer.from(JSON.stringify([queueArn, messageId, randomUUID()])).toString('base64');
}

/** Returns the id of the message; throws if this is no handle of the queue. */
export function parseReceiptHandle(handle: string | undefined, queueArn: string): string {
  try {
    const [arn, messageId] = JSON.parse(Buffer.from(handle ?? '', 'base64').toString('utf8'));
    if (arn === queueArn) return String(messageId);
  } catch {
    // No handle at all, like one of another queue.
  }
  const queryCode = 'ReceiptHandleIsInvalid';
  throw sqsError(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${handle}" is not a valid receipt handle.`,
    queryCode,
  );
}
