import type { OtlpSpan } from '@queuetrace/test-utils/build/src/otlp-receiver';
import { ordersIn } from '../progress';

/** The batches of the analytics service, with the orders that each links to. */
export function batchesOf(spans: readonly OtlpSpan[]): string {
  const orders = new Map(
    ordersIn(spans).map(({ spanId, attributes }) => [spanId, attributes['messaging.kafka.message.key']]),
  );
  const lines = spans
    .filter(({ attributes, kind }) => kind === 'CONSUMER' && attributes['messaging.batch.message_count'] !== undefined)
    .map(({ name, resource, attributes, links }) => {
      const messages = links.filter(link => link.attributes['link.type'] === 'creation');
      const linked = messages.map(
        ({ spanId, traceId }) => orders.get(spanId) ?? `a replay in trace ${traceId.slice(0, 8)}`,
      );
      return `  ${name}  [${String(resource['service.name'])}]  ${String(attributes['messaging.batch.message_count'])} messages, linked to ${linked.join(', ')}`;
    });
  return ['Batches', ...lines].join('\n');
}
