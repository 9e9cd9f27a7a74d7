import type { ActiveOperation, Operation } from '@queuetrace/messaging';
import { requestAttributes, serverOf } from './queue';
import type { Request } from './request';

export interface BatchAnswer {
  Failed?: { Id?: string; Code?: string }[];
}

/** A batch call resolves although some of its entries have failed: its span says so, and which. */
export function answered(
  active: ActiveOperation,
  request: Request<Input>,
  entryCount: number | undefined,
  answer: BatchAnswer | undefined,
): void {
  tell(active, request, answer);
  const failed = answer?.Failed ?? [];
  if (failed.length === 0) return active.end();
  for (const { Id, Code } of failed) active.addEvent('entryFailed', { batchEntryId: Id, errorType: Code });
  const codes = new Set(failed.map(({ Code }) => Code));
  // Several codes have none in common.
  const code = codes.size === 1 ? failed[0].Code : undefined;
  active.fail(code, `${failed.length} of ${entryCount} entries failed`);
}

export function failed(active: ActiveOperation, request: Request<Input>, error: unknown): void {
  tell(active, request, error);
  active.end(error, true);
}

type Input = object & { QueueUrl?: string };

/** What only the outcome says. */
function tell(active: ActiveOperation, { client, input }: Request<Input>, outcome: unknown): void {
  const operation: Operation<unknown> = active.operation;
  operation.server ??= serverOf(client, input.QueueUrl);
  active.set(requestAttributes(outcome));
}
