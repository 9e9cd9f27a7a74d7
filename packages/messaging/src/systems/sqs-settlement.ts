import type { ActiveOperation } from '../active-operation';
import type { MessagingTelemetry } from '../telemetry';
import type { SqsMessage } from './aws-sqs';
import type { SqsBatchAnswer } from './sqs-answer';
import type { SqsProcessing, SqsReceivedMessages } from './sqs-received';

/** A message to settle, as a batch has it; a request for one message has the same without `Id`. */
export interface SqsSettleEntry {
  Id?: string;
  ReceiptHandle?: string;
  /** Of a change of visibility, in seconds. */
  VisibilityTimeout?: number;
}

interface Settle extends SqsProcessing {
  name: 'delete' | 'change visibility';
  entries: readonly SqsSettleEntry[];
  isBatch: boolean;
}

/** One request that deletes messages, or says when they are visible again. */
export class SqsSettlement {
  /** Undefined where settlements are not told. */
  readonly active: ActiveOperation<SqsMessage> | undefined;

  constructor(
    private readonly _telemetry: MessagingTelemetry<SqsMessage>,
    private readonly _received: SqsReceivedMessages,
    private readonly _settle: Settle,
  ) {
    const { entries, ...operation } = _settle;
    // A batch counts the messages that we have not seen, too.
    const messages = operation.isBatch
      ? entries.map(entry => this._carrierOf(entry) ?? {})
      : entries.flatMap(entry => this._carrierOf(entry) ?? []);
    this.active = _telemetry.startSettle({ ...operation, messages }, true);
  }

  /** What it means for process operations that nothing else ends, and for attempts that are remembered. */
  answered({ Failed }: SqsBatchAnswer = {}): void {
    const { name, destination, entries } = this._settle;
    let extended: Map<number, unknown[]> | undefined;
    for (const { Id, ReceiptHandle, VisibilityTimeout } of entries) {
      if (Failed?.some(failed => failed.Id === Id)) continue;
      const isDeleted = name === 'delete';
      if (VisibilityTimeout && !isDeleted) {
        extended ??= new Map();
        extended.set(VisibilityTimeout, [...(extended.get(VisibilityTimeout) ?? []), ReceiptHandle]);
        continue;
      }
      const carrier = this._received.settled(ReceiptHandle, isDeleted);
      if (carrier && isDeleted) this._telemetry.forget({ name, destination, messages: [carrier] });
    }
    extended?.forEach((receiptHandles, timeoutS) => this._received.extended(receiptHandles, timeoutS));
  }

  private _carrierOf(entry: SqsSettleEntry | null): SqsMessage | undefined {
    return this._received.carrierOf(entry?.ReceiptHandle);
  }
}
