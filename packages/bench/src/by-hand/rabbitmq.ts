import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { Channel, ConfirmChannel, ConsumeMessage, Options } from 'amqplib';

/* What a careful author writes around amqplib. It is not changed to move a ratio. */

const tracer = trace.getTracer('by-hand-rabbitmq');

const ADDRESS = { 'server.address': '127.0.0.1', 'server.port': 5672 };

export function tracedPublish(channel: Channel) {
  return (exchange: string, routingKey: string, content: Buffer): boolean =>
    startPublish(exchange, routingKey, span => {
      const headers = {};
      propagation.inject(context.active(), headers);
      try {
        return channel.publish(exchange, routingKey, content, { headers });
      } catch (error) {
        throw failed(span, error);
      } finally {
        span.end();
      }
    });
}

export function tracedConfirmPublish(channel: ConfirmChannel) {
  return (exchange: string, routingKey: string, content: Buffer, confirmed: (error: unknown) => void): boolean =>
    startPublish(exchange, routingKey, span => {
      const headers = {};
      propagation.inject(context.active(), headers);
      return channel.publish(exchange, routingKey, content, { headers }, error => {
        if (error) failed(span, error);
        span.end();
        confirmed(error);
      });
    });
}

function startPublish(exchange: string, routingKey: string, publish: (span: Span) => boolean): boolean {
  const name = `${exchange}:${routingKey}`;
  const options = {
    kind: SpanKind.PRODUCER,
    attributes: {
      'messaging.system': 'rabbitmq',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.destination.name': name,
      'messaging.rabbitmq.destination.routing_key': routingKey,
      'network.protocol.name': 'amqp',
      ...ADDRESS,
    },
  };
  return tracer.startActiveSpan(`publish ${name}`, options, publish);
}

/** A message's span goes on until it is acked. */
export class TracedConsumer {
  private readonly _unsettled = new Map<number, Span>();

  constructor(private readonly _channel: Channel) {}

  async consume(
    queue: string,
    handle: (message: ConsumeMessage | null) => void,
    options?: Options.Consume,
  ): Promise<void> {
    const onMessage = (message: ConsumeMessage | null) => (message ? this._process(message, handle) : handle(message));
    await this._channel.consume(queue, onMessage, options);
  }

  ack(message: ConsumeMessage): void {
    const { deliveryTag } = message.fields;
    this._channel.ack(message);
    this._unsettled.get(deliveryTag)?.end();
    this._unsettled.delete(deliveryTag);
  }

  private _process(message: ConsumeMessage, handle: (message: ConsumeMessage) => void): void {
    const { exchange, routingKey, deliveryTag } = message.fields;
    const name = `${exchange}:${routingKey}`;
    const parent = propagation.extract(ROOT_CONTEXT, message.properties.headers);
    const creation = trace.getSpanContext(parent);
    const options = {
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.system': 'rabbitmq',
        'messaging.operation.name': 'consume',
        'messaging.operation.type': 'process',
        'messaging.destination.name': name,
        'messaging.rabbitmq.destination.routing_key': routingKey,
        'messaging.rabbitmq.message.delivery_tag': deliveryTag,
        ...ADDRESS,
      },
      links: creation ? [{ context: creation }] : [],
    };
    tracer.startActiveSpan(`consume ${name}`, options, parent, span => {
      this._unsettled.set(deliveryTag, span);
      try {
        handle(message);
      } catch (error) {
        this._unsettled.delete(deliveryTag);
        failed(span, error);
        span.end();
        throw error;
      }
    });
  }
}

function failed(span: Span, error: unknown): unknown {
  span.recordException(error as Error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
  return error;
}
