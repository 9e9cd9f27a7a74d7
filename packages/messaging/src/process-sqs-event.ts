import { processMessage } from './process-message';
import { isFifo, type SqsEvent, type SqsEventRecord } from './systems/sqs-event';

/** What Lambda wants to know of an event that was not handled as a whole (`ReportBatchItemFailures`). */
export interface SqsBatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

export interface ProcessSqsEventOptions {
  /** How many messages are handled at once; those of a FIFO queue always one after the other. Default: 1. */
  concurrency?: number;
}

/**
 * Handles the messages of a Lambda function's SQS event, each in the context of its own process span, which ends with
 * the handler and has its error. In a FIFO queue a failure fails all messages behind it, which are not handled.
 *
 * The event source mapping must have `ReportBatchItemFailures`: without it Lambda takes every message as handled unless
 * the function fails.
 * @returns the partial batch response, for the function to return; rejects with the first failure where no message was
 *   handled well
 */
export async function processSqsEvent<Record extends SqsEventRecord>(
  event: SqsEvent<Record>,
  handler: (record: Record) => unknown,
  { concurrency = 1 }: ProcessSqsEventOptions = {},
): Promise<SqsBatchResponse> {
  const records = [...event.Records];
  const failures = new Map<number, unknown>();
  const isOrdered = records.some(isFifo);
  let next = 0;
  const work = async () => {
    while (next < records.length && !(isOrdered && failures.size > 0)) {
      const index = next++;
      try {
        await processMessage(records[index], handler);
      } catch (error) {
        failures.set(index, error);
      }
    }
  };
  const workers = isOrdered ? 1 : Math.min(records.length, Math.max(1, Math.floor(concurrency) || 1));
  await Promise.all(Array.from({ length: workers }, work));
  const failed = records.filter((_, index) => failures.has(index) || index >= next);
  if (failed.length > 0 && failed.length === records.length) throw failures.values().next().value;
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
