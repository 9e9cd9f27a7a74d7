import { epochMs } from '../clock';
import { invalidParameter, missingParameter } from './errors';
import { contentHash, type Message, type MessageInput } from './message';

export interface SendReceipt {
  readonly MessageId: string;
  readonly SequenceNumber?: string;
}

const DEDUPLICATION_MS = 5 * 60_000;

/** What makes a queue a FIFO queue: order within a group, and no message twice within five minutes. */
export class Fifo {
  private lastSequenceNumber = 0;
  private readonly sent = new Map<string, { readonly receipt: SendReceipt; readonly until: number }>();

  deduplicationId(input: MessageInput, byContent: boolean): string {
    if (!input.MessageGroupId) throw missingParameter('MessageGroupId');
    if (input.DelaySeconds) {
      const reason = 'The request include parameter that is not valid for this queue type.';
      throw invalidParameter(`Value ${input.DelaySeconds} for parameter DelaySeconds is invalid. Reason: ${reason}`);
    }
    if (input.MessageDeduplicationId) return input.MessageDeduplicationId;
    if (byContent) return contentHash(input.MessageBody ?? '');
    throw invalidParameter(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }

  /** What the sender of the same message was told, if that was not long ago. */
  alreadySent(deduplicationId: string): SendReceipt | undefined {
    const sent = this.sent.get(deduplicationId);
    return sent && sent.until > epochMs() ? sent.receipt : undefined;
  }

  /** The message with its place in the order. */
  accept(message: Message, deduplicationId: string): { message: Message; receipt: SendReceipt } {
    const SequenceNumber = String(++this.lastSequenceNumber).padStart(20, '0');
    const receipt = { MessageId: message.id, SequenceNumber };
    this.sent.set(deduplicationId, { receipt, until: epochMs() + DEDUPLICATION_MS });
    const system = { ...message.system, SequenceNumber, MessageDeduplicationId: deduplicationId };
    return { message: { ...message, system }, receipt };
  }

  /** Groups that wait until their messages in flight are deleted or visible again. */
  static blockedGroups(messages: readonly Message[], now: number): Set<string | undefined> {
    const inFlight = messages.filter(message => message.receiptHandle && message.visibleAt > now);
    return new Set(inFlight.map(message => message.group));
  }
}
