import {
  MAX_TIMER_MS,
  type ActiveOperation,
  type Delivery,
  type RecentMap,
  type SqsMessage,
} from '@queuetrace/messaging';

/** So many messages are remembered; the oldest is forgotten first. */
export const MAX_MESSAGES = 10_000;
/** The longest visibility timeout that SQS takes: 12 hours. */
const MAX_VISIBILITY_TIMEOUT_MS = 12 * 3600 * 1000;

/** A message that the app has received and not settled. */
export interface Received {
  /** Its context and id, without its body. */
  readonly carrier: SqsMessage;
  /** The app's message keeps it, as long as the app keeps that. */
  delivery?: WeakRef<Delivery>;
  /** When the message comes back to the queue, as `performance.now()`; undefined where only the queue knows. */
  visibleAtMs?: number;
  /** Its process operation, where the loop went on and what was started may go on too. */
  left?: ActiveOperation;
  isSettled?: boolean;
}

/**
 * The messages of one instrumentation by receipt handle, so that a settlement can be linked to its message and ends a
 * process operation that nothing else ends. One timer ends those of messages that are never settled.
 */
export class ReceivedMessages {
  private readonly _left = new Set<Received>();
  private _timer?: NodeJS.Timeout;
  private _firesAtMs = Infinity;

  /** @param _processTimeoutMs for messages whose visibility timeout is not known */
  constructor(
    private readonly _received: RecentMap<Received>,
    private readonly _processTimeoutMs: () => number,
  ) {}

  add(receiptHandle: string, received: Received): void {
    this._received.set(receiptHandle, received);
  }

  get(receiptHandle: unknown): Received | undefined {
    return this._received.get(receiptHandle as string);
  }

  /** Takes over a process operation: it ends when the message is settled, or is visible again. */
  leave(received: Received, process: ActiveOperation): void {
    if (received.isSettled) return process.end();
    received.left = process;
    received.visibleAtMs ??= performance.now() + this._processTimeoutMs();
    this._left.add(received);
    if (this._left.size > MAX_MESSAGES) this._end(this._left.values().next().value!);
    this._arm(received.visibleAtMs);
  }

  /** Deleted, or given back to the queue. */
  settled(receiptHandle: unknown, isDeleted: boolean): void {
    const received = this.get(receiptHandle);
    if (!received) return;
    if (isDeleted) processOf(received)?.doesNotComeAgain();
    received.isSettled = true;
    this._received.delete(receiptHandle as string);
    this._end(received);
  }

  /** An extension ends nothing: it is a new deadline. */
  extended(receiptHandle: unknown, timeoutS: number): void {
    const received = this.get(receiptHandle);
    if (!received) return;
    received.visibleAtMs = visibleAtMs(timeoutS);
    processOf(received)?.addEvent('visibilityExtended', { sqsVisibilityTimeout: timeoutS });
    if (received.left && received.visibleAtMs !== undefined) this._arm(received.visibleAtMs);
  }

  private _end(received: Received): void {
    this._left.delete(received);
    received.left?.end();
    received.left = undefined;
  }

  private _arm(atMs: number): void {
    if (atMs >= this._firesAtMs) return;
    clearTimeout(this._timer);
    this._firesAtMs = atMs;
    const delayMs = Math.min(Math.max(0, atMs - performance.now()), MAX_TIMER_MS);
    this._timer = setTimeout(() => this._expire(), delayMs);
    this._timer.unref();
  }

  private _expire(): void {
    this._firesAtMs = Infinity;
    const nowMs = performance.now();
    let nextMs = Infinity;
    for (const received of this._left) {
      if (received.visibleAtMs! <= nowMs) this._end(received);
      else nextMs = Math.min(nextMs, received.visibleAtMs!);
    }
    if (nextMs < Infinity) this._arm(nextMs);
  }
}

const processOf = ({ left, delivery }: Received) => left ?? delivery?.deref()?.process;

/** @param timeoutS as the API has it; undefined where the queue's own counts */
export function visibleAtMs(timeoutS: unknown): number | undefined {
  if (typeof timeoutS !== 'number' || !(timeoutS >= 0)) return undefined;
  return performance.now() + Math.min(timeoutS * 1000, MAX_VISIBILITY_TIMEOUT_MS);
}
