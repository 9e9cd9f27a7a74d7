import { arrivalAttributes, FIELDS } from './dead-letter';
import { errorMessage, errorText, errorType } from './error-type';
import { nextDeadLetter } from './past';
import { processOf } from './process-of';

/** Headers of a dead letter, under the names of the attributes that they become. What is not known is left out. */
export interface DeadLetterAttributes {
  /** The queue or topic in which the message failed. */
  'dlq.original_queue'?: string;
  /** Failed deliveries, the one that gives up included, as a decimal number. */
  'dlq.retry_count'?: string;
  /** The error's type and message, cut at 512 characters. */
  'dlq.error'?: string;
  /** Now, in ISO 8601. */
  'dlq.timestamp'?: string;
}

/**
 * Headers for a message that the app sends to where dead letters go, for a broker that has none by itself, as Kafka.
 * The send is then known to be one whatever its destination is called; and whoever consumes the dead letter, in
 * whichever process and language, can read where it comes from. All values are strings: every client sends them.
 * @param error what the message failed with
 * @param message the message that is being processed, as its client library gave it
 */
export function deadLetterAttributes(error: unknown, message: object): Record<string, string> & DeadLetterAttributes {
  const process = processOf(message);
  const deadLetter = nextDeadLetter(
    process?.past ?? {},
    process?.operation.destination.name,
    errorText(errorType(error), errorMessage(error)),
  );
  const { dlqOriginalQueue, dlqRetryCount, dlqError, dlqTimestamp } = arrivalAttributes(deadLetter);
  const fields = {
    [FIELDS.originalQueue]: dlqOriginalQueue,
    [FIELDS.retryCount]: dlqRetryCount,
    [FIELDS.error]: dlqError,
    [FIELDS.timestamp]: dlqTimestamp,
  };
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]));
}
