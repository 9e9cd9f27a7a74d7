import type { ActiveOperation } from '../active-operation';
import { Delivery } from '../delivery';
import { hiddenField } from '../hidden-field';
import { traceLoop } from '../loop';
import type { RecentMap } from '../recent-map';
import { state } from '../state';
import type { MessagingTelemetry } from '../telemetry';
import type { StartTime } from '../telemetry-core';
import type { Operation } from '../types';
import { operationAt, type AwsPlace } from './aws-place';
import type { SqsMessage } from './aws-sqs';
import type { SqsReceive, SqsReceivedMessage } from './sqs-receive';
import { UnfinishedProcesses } from './sqs-unfinished';

/** So many messages are remembered; the oldest is forgotten first. */
const MAX_MESSAGES = 10_000;
/** The longest visibility timeout that SQS takes: 12 hours. */
const MAX_VISIBILITY_TIMEOUT_MS = 12 * 3600 * 1000;

/** A message that the app has received and not settled. */
interface Received {
  /** Its context and id, without its body. */
  readonly carrier: SqsMessage;
  /** When the message comes back to the queue, as `performance.now()`; undefined where only the queue knows. */
  visibleAtMs?: number;
  /** The process operation that runs now; it has the body. */
  process?: ActiveOperation;
  isSettled?: boolean;
}

/**
 * The messages that one client has received, by receipt handle, so that a settlement can be linked to its message and
 * ends a process operation that nothing else ends.
 */
export class SqsReceivedMessages {
  private readonly _received: RecentMap<Received>;
  private readonly _unfinished = new UnfinishedProcesses();
  /** By the array that the app got. */
  private readonly _batches = hiddenField<() => Operation<SqsMessage>>();

  constructor(private readonly _telemetry: MessagingTelemetry<SqsMessage>) {
    this._received = _telemetry.remember('received_messages', MAX_MESSAGES);
  }

  /**
   * The messages of an answer as the app asked for them, each ready to have a process operation, in an array whose
   * loops are seen.
   * @param timeoutS the visibility timeout that was asked for, if one was
   */
  handOver<M extends SqsReceivedMessage>(
    receive: SqsReceive<object>,
    messages: readonly M[],
    queue: AwsPlace,
    timeoutS: unknown,
  ): M[] {
    const nowMs = performance.now();
    const visibleAtMs = visibleAt(timeoutS, nowMs);
    const handed: M[] = [];
    const all: Received[] = [];
    // One for the whole answer, which has ten messages at most: one that nobody works on costs no more than this.
    const deliveryOf = (asked: object) => {
      const index = handed.lastIndexOf(asked as M);
      return this._deliver(messages[index], all[index], queue);
    };
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index];
      const received = { carrier: receive.carrierOf(message), visibleAtMs, process: undefined, isSettled: false };
      if (message.ReceiptHandle) this._received.set(message.ReceiptHandle, received, nowMs);
      const asked = receive.asAsked(message);
      state.deliveries.setLazily(asked, deliveryOf);
      all.push(received);
      handed.push(asked);
    }
    const { loopSpans } = this._telemetry.config;
    const batch = loopSpans ? traceLoop(handed, message => state.deliveries.get(message)).messages : handed;
    this._batches.set(batch, () => operationAt(queue, 'process', messages, true));
    return batch;
  }

  /** The processing of all messages of one answer at once, by the array that the app got. */
  startBatch(batch: readonly object[]): ActiveOperation<SqsMessage> | undefined {
    const operation = this._batches.get(batch)?.();
    if (!operation) return undefined;
    const process = this._telemetry.startProcess(operation, { isCounted: true });
    const messages = operation.messages as readonly SqsReceivedMessage[];
    follow(
      messages.flatMap(({ ReceiptHandle }) => (ReceiptHandle && this._received.get(ReceiptHandle)) || []),
      process,
    );
    return process;
  }

  /** What is known of the message that a receipt handle stands for. */
  carrierOf(receiptHandle: unknown): SqsMessage | undefined {
    return this._received.get(receiptHandle as string)?.carrier;
  }

  /**
   * Deleted, or given back to the queue.
   * @returns what was known of the message
   */
  settled(receiptHandle: unknown, isDeleted: boolean): SqsMessage | undefined {
    const received = this._received.get(receiptHandle as string);
    if (!received) return undefined;
    if (isDeleted) received.process?.doesNotComeAgain();
    received.isSettled = true;
    this._received.delete(receiptHandle as string);
    this._unfinished.end(received);
    return received.carrier;
  }

  /** An extension ends nothing: it is a new deadline, and an event. Several messages may have one process operation. */
  extended(receiptHandles: readonly unknown[], timeoutS: number): void {
    const processes = new Set<ActiveOperation | undefined>();
    for (const receiptHandle of receiptHandles) {
      const received = this._received.get(receiptHandle as string);
      if (!received) continue;
      received.visibleAtMs = visibleAt(timeoutS);
      processes.add(received.process);
      if (received.visibleAtMs !== undefined) this._unfinished.extend(received, received.visibleAtMs);
    }
    for (const process of processes) process?.addEvent('visibilityExtended', { sqsVisibilityTimeout: timeoutS });
  }

  private _deliver(message: SqsMessage, received: Received, queue: AwsPlace): Delivery {
    const operation = operationAt(queue, 'process', [message], false);
    const start = (startTime: StartTime, ambient: ActiveOperation['context']) => {
      const process = this._telemetry.startProcess(operation, { ambient, isCounted: true, startTime });
      follow([received], process);
      return process;
    };
    return new Delivery(start, process => this._leave(received, process));
  }

  /** Takes over a process operation whose step is over. */
  private _leave(received: Received, process: ActiveOperation): void {
    if (received.isSettled) return process.end();
    received.visibleAtMs ??= performance.now() + this._telemetry.config.processTimeoutMs;
    this._unfinished.add(received, process, received.visibleAtMs);
  }
}

/** Until it ends: what is remembered of a message is not to keep its body. */
function follow(messages: readonly Received[], process: ActiveOperation): void {
  const { onEnd } = process;
  for (const received of messages) received.process = process;
  process.onEnd = () => {
    onEnd?.();
    for (const received of messages) if (received.process === process) received.process = undefined;
  };
}

/** @param timeoutS as the API has it; undefined where the queue's own counts */
function visibleAt(timeoutS: unknown, nowMs = performance.now()): number | undefined {
  if (typeof timeoutS !== 'number' || !(timeoutS >= 0)) return undefined;
  return nowMs + Math.min(timeoutS * 1000, MAX_VISIBILITY_TIMEOUT_MS);
}
