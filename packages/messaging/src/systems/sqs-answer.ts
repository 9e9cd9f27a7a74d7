import type { ActiveOperation } from '../active-operation';
import { replaced } from '../replaced';
import type { SqsMessage } from './aws-sqs';
import { sumAsWritten } from './sqs-attributes';

/** What the service answers to a batch of SQS or SNS. */
export interface SqsBatchAnswer {
  Successful?: { Id?: string; MessageId?: string }[];
  Failed?: { Id?: string; Code?: string }[];
}

/**
 * Ends a batch by its answer: the call succeeds although entries have failed, which its span says, and what became of
 * each.
 * @param entries those of the request, whatever they are
 */
export function endByAnswer<M>(
  active: ActiveOperation<M>,
  entries: readonly unknown[],
  { Successful = [], Failed = [] }: SqsBatchAnswer = {},
): void {
  if (active.created) {
    for (const { Id, MessageId } of Successful) {
      const entry = entries.find(one => (one as Entry)?.Id === Id);
      if (entry) active.created.set(entry as M, { messageId: MessageId });
    }
  }
  if (Failed.length === 0) return active.end();
  for (const { Id, MessageId } of Successful) {
    if (MessageId) active.addEvent('entrySent', { batchEntryId: Id, messageId: MessageId });
  }
  for (const { Id, Code } of Failed) active.addEvent('entryFailed', { batchEntryId: Id, errorType: Code });
  const [{ Code }] = Failed;
  // Several codes have none in common.
  const code = Failed.every(one => one.Code === Code) ? Code : undefined;
  active.fail(code, `${Failed.length} of ${entries.length} entries failed`);
}

type Entry = { Id?: string } | null | undefined;

interface Sums {
  MD5OfMessageAttributes?: string;
  MD5OfMessageSystemAttributes?: string;
}

/** What a send is answered, as it would be without our attributes: the service has summed them up too. */
export function answerAsWritten<Answer extends object>(
  given: Answer & Sums,
  sent: SqsMessage,
  written: SqsMessage,
): Answer {
  const sum = sumAsWritten(given.MD5OfMessageAttributes, sent.MessageAttributes, written.MessageAttributes);
  const systemSum = sumAsWritten(
    given.MD5OfMessageSystemAttributes,
    sent.MessageSystemAttributes,
    written.MessageSystemAttributes,
  );
  if (sum === given.MD5OfMessageAttributes && systemSum === given.MD5OfMessageSystemAttributes) return given;
  return replaced(given, { MD5OfMessageAttributes: sum, MD5OfMessageSystemAttributes: systemSum });
}
