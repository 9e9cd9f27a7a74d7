import * as assert from 'node:assert/strict';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Batch, EachBatchPayload, EachMessageHandler, EachMessagePayload, Message } from 'kafkajs';
import { telemetry } from '@queuetrace/test-utils';
import { consumerConfig, type withKafka } from './kafka';

export const spanIdOf = (n: number) => String(n).padStart(16, '0');
/** A context of its own for each number. */
export const traceparentOf = (n: number) => `00-${String(n).padStart(32, '0')}-${spanIdOf(n)}-01`;

/** Messages 1 to `count`, each with a creation context and a tenant of its own. */
export const messages = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => ({
    key: String(index + 1),
    value: 'x',
    headers: {
      traceparent: traceparentOf(index + 1),
      baggage: `tenant=tenant-${index + 1}`,
    },
  }));

export type BatchHandler = (batch: Batch, payload: EachBatchPayload) => unknown;

const isBatch = ({ attributes }: ReadableSpan) => 'messaging.batch.message_count' in attributes;

/** Consumes what there is in a topic, until its spans have ended. */
export function consuming(kafka: ReturnType<typeof withKafka>) {
  const processed = (topic: string) => telemetry.spans().filter(({ name }) => name === `process ${topic}`);
  return {
    /** The process spans, when there are that many. */
    async eachMessage(topic: string, handler: (payload: EachMessagePayload) => unknown, count = 1) {
      await kafka.consume(topic, { eachMessage: handler as (payload: EachMessagePayload) => Promise<void> });
      await telemetry.waitForSpans(() => processed(topic).length >= count);
      return processed(topic);
    },

    /** One batch with what is sent before; its span, and those of its messages. */
    async eachBatch(
      topic: string,
      sent: Message[],
      handler: BatchHandler,
    ): Promise<{ batch: ReadableSpan; each: ReadableSpan[] }> {
      await kafka.seed(topic, sent);
      let isOver = false;
      await kafka.consume(topic, {
        eachBatch: async payload => {
          if (isOver) return;
          assert.equal(payload.batch.messages.length, sent.length);
          isOver = true;
          await handler(payload.batch, payload);
        },
      });
      await telemetry.waitForSpans(() => processed(topic).some(isBatch));
      const spans = processed(topic);
      return { batch: spans.find(isBatch)!, each: spans.filter(span => !isBatch(span)) };
    },

    /** What a handler gave, as soon as it gave something; whatever is told of it. */
    resultOfMessage<T>(
      topic: string,
      handler: (payload: EachMessagePayload) => T | undefined | Promise<T | undefined>,
    ): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const eachMessage: EachMessageHandler = async payload => {
          const result = await handler(payload);
          if (result !== undefined) resolve(result);
        };
        kafka.consume(topic, { eachMessage }).catch(reject);
      });
    },

    /** What a handler gave, when the library has gone on; whatever is told of it. */
    async resultOfBatch<T>(topic: string, handler: (payload: EachBatchPayload) => Promise<T>): Promise<T> {
      const consumer = kafka.client.consumer(consumerConfig());
      let result!: Promise<T>;
      const done = new Promise(resolve => consumer.on('consumer.end_batch_process', resolve));
      await kafka.subscribed(consumer, topic, { eachBatch: async payload => void (await (result = handler(payload))) });
      await done;
      return result;
    },
  };
}
