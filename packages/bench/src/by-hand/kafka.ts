import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { EachBatchHandler, EachMessageHandler, KafkaMessage, Producer, ProducerRecord } from 'kafkajs';

/* What a careful author writes around kafkajs. It is not changed to move a ratio. */

const tracer = trace.getTracer('by-hand-kafka');

const getter = {
  keys: (headers: KafkaMessage['headers']) => Object.keys(headers ?? {}),
  get: (headers: KafkaMessage['headers'], key: string) => headers?.[key]?.toString(),
};

export interface KafkaClientFacts {
  clientId: string;
  groupId: string;
  host: string;
  port: number;
}

export function tracedSend(producer: Producer, { clientId, host, port }: KafkaClientFacts) {
  return (record: ProducerRecord) => {
    const options = {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.name': 'send',
        'messaging.operation.type': 'send',
        'messaging.destination.name': record.topic,
        'messaging.batch.message_count': record.messages.length,
        'messaging.client.id': clientId,
        'server.address': host,
        'server.port': port,
      },
    };
    return tracer.startActiveSpan(`send ${record.topic}`, options, span =>
      ended(span, async () => {
        const messages = record.messages.map(message => {
          const headers = { ...message.headers };
          propagation.inject(context.active(), headers);
          return { ...message, headers };
        });
        return producer.send({ ...record, messages });
      }),
    );
  };
}

export function tracedEachMessage(handle: EachMessageHandler, facts: KafkaClientFacts): EachMessageHandler {
  return payload => {
    const { topic, partition, message } = payload;
    const parent = propagation.extract(ROOT_CONTEXT, message.headers, getter);
    const creation = trace.getSpanContext(parent);
    const options = {
      kind: SpanKind.CONSUMER,
      attributes: {
        ...processAttributes(topic, partition, facts),
        'messaging.kafka.offset': Number(message.offset),
        'messaging.kafka.message.key': message.key?.toString(),
      },
      links: creation ? [{ context: creation }] : [],
    };
    return tracer.startActiveSpan(`process ${topic}`, options, parent, span => ended(span, () => handle(payload)));
  };
}

export function tracedEachBatch(handle: EachBatchHandler, facts: KafkaClientFacts): EachBatchHandler {
  return payload => {
    const { topic, partition, messages } = payload.batch;
    const links = [];
    for (const { headers } of messages) {
      const creation = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, headers, getter));
      if (creation) links.push({ context: creation });
    }
    const options = {
      kind: SpanKind.CONSUMER,
      attributes: {
        ...processAttributes(topic, partition, facts),
        'messaging.client.id': facts.clientId,
        'messaging.batch.message_count': messages.length,
      },
      links,
    };
    return tracer.startActiveSpan(`process ${topic}`, options, span => ended(span, () => handle(payload)));
  };
}

function processAttributes(topic: string, partition: number, { groupId }: KafkaClientFacts) {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.consumer.group.name': groupId,
  };
}

async function ended<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.recordException(error as Error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
    throw error;
  } finally {
    span.end();
  }
}
