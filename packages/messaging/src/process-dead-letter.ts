import { processMessage } from './process-message';
import { processOf } from './process-of';
import { withIntent } from './send-intent';

/** What is known of how a message became a dead letter; what is not known is left out. */
export interface DeadLetterFacts {
  /** The queue or topic in which the message failed. */
  originalQueue?: string;
  /** Failed deliveries there, at least. */
  retryCount?: number;
  /** The broker's reason, or the error. */
  error?: string;
  /** When it was dead-lettered. */
  timestamp?: Date;
}

export interface DeadLetterHandlers<Message> {
  /**
   * Publishes the message again: all that it sends is the same message once more. It gives `false` where the message
   * is not to be tried again. Default: none is.
   */
  onRetry?(message: Message, facts: DeadLetterFacts): unknown;
  /** Puts away a message that is not tried again; what it sends is something else. */
  onArchive?(message: Message, facts: DeadLetterFacts): unknown;
}

/**
 * Handles a dead letter in the context of its process span, and tells what became of it (`dlq.action`).
 * To be called in the handler of its client library, or with a message of `channel.get`, of ReceiveMessage or of a
 * batch; the app settles the message as it does without.
 * @param message the very object that the client library gave
 * @returns what was done; rejects with what `onRetry` or `onArchive` threw
 */
export async function processDeadLetter<Message extends object>(
  message: Message,
  handlers: DeadLetterHandlers<Message>,
): Promise<'retry' | 'archive'> {
  return processOf(message) ? handle(message, handlers) : processMessage(message, () => handle(message, handlers));
}

async function handle<Message extends object>(
  message: Message,
  { onRetry, onArchive }: DeadLetterHandlers<Message>,
): Promise<'retry' | 'archive'> {
  const process = processOf(message);
  const { originalQueue, retryCount, error, deadLetteredAtMs } = process?.past?.deadLetter ?? {};
  const timestamp = deadLetteredAtMs === undefined ? undefined : new Date(deadLetteredAtMs);
  const facts = { originalQueue, retryCount, error, timestamp };
  const isRetried =
    onRetry && (await withIntent({ deadLetterAction: 'retry' }, () => onRetry(message, facts))) !== false;
  if (!isRetried && onArchive) await withIntent({ deadLetterAction: 'archive' }, () => onArchive(message, facts));
  const action = isRetried ? 'retry' : 'archive';
  process?.tellDeadLetter(action);
  return action;
}
