import { context, createContextKey, type Context, type SpanContext } from '@opentelemetry/api';
import { errorMessage } from './error-type';
import { guarded } from './guarded';
import { extract, spanContextOf } from './propagation';
import { sqs, type SqsMessage } from './systems/aws-sqs';
import { kafka, type KafkaMessage } from './systems/kafka';
import { rabbitmq } from './systems/rabbitmq';

const DEAD_LETTER_REASON = createContextKey('queuetrace.dead-letter-reason');
const LINKED = createContextKey('queuetrace.linked');

/**
 * Sends the message that is being processed to where dead letters go, whatever that destination is called: the send's
 * span says what the message failed with, and leads back to it. To be called in the message's handler.
 * @param error what the message failed with
 * @param send sends it, by any of the instrumented clients
 * @returns what `send` returns
 */
export function sendToDeadLetter<T>(error: unknown, send: () => T): T {
  return context.with(context.active().setValue(DEAD_LETTER_REASON, errorMessage(error)), send);
}

/** What the app says that the message being sent has failed with. */
export function deadLetterReason(active: Context): string | undefined {
  return active.getValue(DEAD_LETTER_REASON) as string | undefined;
}

/**
 * Links what is sent to the messages that it was made of: an aggregate of several, or work that was put off. The links
 * have `link.type` = `fan-out-source`.
 * @param messages received messages, as their client library gave them
 * @param send sends, by any of the instrumented clients
 * @returns what `send` returns
 */
export function linkTo<T>(messages: object | readonly object[], send: () => T): T {
  const sources = (Array.isArray(messages) ? messages : [messages]).map((message: object) => creationOf(message));
  return context.with(context.active().setValue(LINKED, sources), send);
}

/** The creation contexts of the messages that the app has linked. */
export function linkedSources(active: Context): readonly (SpanContext | undefined)[] {
  return (active.getValue(LINKED) as (SpanContext | undefined)[] | undefined) ?? [];
}

/** A received message's creation context, by the shape that its client library gives it. */
function creationOf(message: object): SpanContext | undefined {
  return guarded('reading a message', () => {
    if ('properties' in message) {
      const { headers } = message.properties as { headers?: Record<string, unknown> };
      return spanContextOf(extract(rabbitmq, { headers, bodySize: 0 }));
    }
    if ('ReceiptHandle' in message) return spanContextOf(extract(sqs, message as SqsMessage));
    return spanContextOf(extract(kafka, message as KafkaMessage));
  });
}
