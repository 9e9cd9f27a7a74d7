import type { ActiveOperation } from '../active-operation';
import type { MessagingTelemetry } from '../telemetry';
import { operationAt, type AwsPlace } from './aws-place';
import type { SqsMessage } from './aws-sqs';
import { endByAnswer, type SqsBatchAnswer } from './sqs-answer';
import type { SqsReceivedMessages } from './sqs-received';

/** A message to settle, as a batch has it; a request for one message has the same without `Id`. */
export interface SqsSettleEntry {
  Id?: string;
  ReceiptHandle?: string;
  /** Of a change of visibility, in seconds. */
  VisibilityTimeout?: number;
}

interface Settle {
  name: 'delete' | 'change visibility';
  queue: AwsPlace;
  entries: readonly SqsSettleEntry[];
  isBatch: boolean;
}

const NO_ANSWER: SqsBatchAnswer = {};

/** One request that deletes messages, or says when they are visible again. */
export class SqsSettlement {
  /** Undefined where settlements are not told. */
  readonly active: ActiveOperation<SqsMessage> | undefined;

  constructor(
    private readonly _telemetry: MessagingTelemetry<SqsMessage>,
    private readonly _received: SqsReceivedMessages,
    private readonly _settle: Settle,
  ) {
    const { name, queue, isBatch } = _settle;
    this.active = _telemetry.startSettle(operationAt(queue, name, this._messages(), isBatch), true);
  }

  /** The request is over. */
  onAnswer<Answer extends SqsBatchAnswer | undefined>(answer: Answer): Answer {
    const { active } = this;
    const { entries, isBatch } = this._settle;
    if (active && isBatch) endByAnswer(active, entries, answer);
    else active?.end();
    this._settled(answer ?? NO_ANSWER);
    return answer;
  }

  /** What it means for process operations that nothing else ends, and for attempts that are remembered. */
  private _settled({ Failed }: SqsBatchAnswer): void {
    const { name, queue, entries } = this._settle;
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
      if (carrier && isDeleted) this._telemetry.forget(operationAt(queue, name, [carrier], false));
    }
    extended?.forEach((receiptHandles, timeoutS) => this._received.extended(receiptHandles, timeoutS));
  }

  /** A batch counts the messages that we have not seen, too. */
  private _messages(): SqsMessage[] {
    const { entries, isBatch } = this._settle;
    if (isBatch) return entries.map(entry => this._carrierOf(entry) ?? {});
    const carrier = this._carrierOf(entries[0]);
    return carrier ? [carrier] : [];
  }

  private _carrierOf(entry: SqsSettleEntry | null): SqsMessage | undefined {
    return this._received.carrierOf(entry?.ReceiptHandle);
  }
}
