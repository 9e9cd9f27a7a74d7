import { context, createContextKey, type Context, type SpanContext } from '@opentelemetry/api';
import { errorMessage, errorType, type Failure } from './error-type';
import { guarded } from './guarded';
import { creationOf } from './propagation';
import { sqs, type SqsMessage } from './systems/aws-sqs';
import { messageOfRecord, type SqsEventRecord } from './systems/sqs-event';
import { kafka, type KafkaMessage } from './systems/kafka';
import { rabbitmq } from './systems/rabbitmq';

const INTENT = createContextKey('queuetrace.send-intent');

/** What the app says of the messages that it sends. */
export interface SendIntent {
  /** What the message that is being processed has failed with: it is sent to where dead letters go. */
  failure?: Failure;
  /** What is done with the dead letter that is being processed. */
  deadLetterAction?: 'retry' | 'archive';
  /** The creation contexts of the messages that it is made of. */
  linked?: readonly (SpanContext | undefined)[];
}

const NOTHING: SendIntent = {};

export function sendIntent(active: Context): SendIntent {
  return (active.getValue(INTENT) as SendIntent | undefined) ?? NOTHING;
}

/** What was said around it holds inside too. */
export function withIntent<T>(intent: SendIntent, send: () => T): T {
  const active = context.active();
  return context.with(active.setValue(INTENT, { ...sendIntent(active), ...intent }), send);
}

/**
 * Sends the message that is being processed to where dead letters go, whatever that destination is called: the send's
 * span says what the message failed with, and leads back to it. On RabbitMQ it may refuse it instead (`nack`, `reject`):
 * then the process span says so. To be called in the message's handler.
 * @param error what the message failed with
 * @param send sends it, by any of the instrumented clients, or refuses it
 * @returns what `send` returns
 */
export function sendToDeadLetter<T>(error: unknown, send: () => T): T {
  return withIntent({ failure: { type: errorType(error), message: errorMessage(error) } }, send);
}

/**
 * Links what is sent to the messages that it was made of: an aggregate of several, or work that was put off. The links
 * have `link.type` = `fan-out-source`.
 * @param messages received messages, as their client library gave them
 * @param send sends, by any of the instrumented clients
 * @returns what `send` returns
 */
export function linkTo<T>(messages: object | readonly object[], send: () => T): T {
  const sources = (Array.isArray(messages) ? messages : [messages]).map((message: object) => creationOfAny(message));
  return withIntent({ linked: sources }, send);
}

/** What the message failed with that is refused now, where the app has said so. */
export const refusalReason = (): Failure | undefined => sendIntent(context.active()).failure;

/** A received message's creation context, by the shape that its client library gives it. */
function creationOfAny(message: object): SpanContext | undefined {
  return guarded('reading a message', () => {
    if ('properties' in message) {
      const { headers } = message.properties as { headers?: Record<string, unknown> };
      return creationOf(rabbitmq, { headers, bodySize: 0 });
    }
    if ('ReceiptHandle' in message) return creationOf(sqs, message as SqsMessage);
    if ('eventSourceARN' in message) return creationOf(sqs, messageOfRecord(message as SqsEventRecord));
    return creationOf(kafka, message as KafkaMessage);
  });
}
