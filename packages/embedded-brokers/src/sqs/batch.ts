import { AwsError, sqsError } from './errors';

export interface BatchEntry {
  readonly Id: string;
}

interface BatchResult {
  readonly Successful: object[];
  readonly Failed: object[];
}

const MAX_ENTRIES = 10;

/** Does the same to every entry; that one fails does not keep the others from succeeding. */
export function forEachEntry<T extends BatchEntry>(
  entries: readonly T[] = [],
  action: (entry: T) => object | void,
): BatchResult {
  assertValidBatch(entries);
  const result: BatchResult = { Successful: [], Failed: [] };
  for (const entry of entries) {
    try {
      result.Successful.push({ Id: entry.Id, ...action(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      result.Failed.push({ Id: entry.Id, SenderFault: true, Code: error.queryCode, Message: error.message });
    }
  }
  return result;
}

function assertValidBatch(entries: readonly BatchEntry[]): void {
  if (entries.length === 0) {
    throw sqsError('EmptyBatchRequest', 'There should be at least one SendMessageBatchRequestEntry in the request.');
  }
  if (entries.length > MAX_ENTRIES) {
    const message = `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${entries.length}.`;
    throw sqsError('TooManyEntriesInBatchRequest', message);
  }
  const ids = entries.map(entry => entry.Id);
  const repeated = ids.find((id, index) => ids.indexOf(id) < index);
  if (repeated !== undefined) throw sqsError('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
}
