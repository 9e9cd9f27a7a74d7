import { rabbitmqDelivered, rabbitmqDestination, type Operation, type RabbitMqMessage } from '@queuetrace/messaging';
import type { Channel, Message, Options } from 'amqplib';
import { serverOf } from './server';

/** A message that the broker gave back. */
export function fromReturn({ fields: { routingKey }, properties, content }: Message): RabbitMqMessage {
  return messageOf(routingKey, content, properties as Options.Publish);
}

/** A message that is about to be published: its headers are the caller's own. */
export function fromPublish(routingKey: string, content: Buffer, options: Options.Publish): RabbitMqMessage {
  return messageOf(routingKey, content, options);
}

/** What an operation on a delivered message has in common, whichever it is. */
export function onDelivery(
  name: string,
  { fields, properties, content }: Message,
  queue: string,
  channel: Channel,
  isSettledBefore: boolean,
): Operation<RabbitMqMessage> {
  const { exchange, routingKey, deliveryTag, redelivered } = fields;
  const delivered = messageOf(routingKey, content, properties as Options.Publish);
  delivered.deliveryTag = deliveryTag;
  delivered.redelivered = redelivered;
  delivered.queue = queue || undefined;
  rabbitmqDelivered(delivered);
  return {
    name,
    destination: rabbitmqDestination(exchange, routingKey, queue),
    messages: [delivered],
    server: serverOf(channel),
    isSettledBefore,
  };
}

/** All have the same fields, which makes them cheap. */
function messageOf(routingKey: string, content: Buffer | undefined, properties: Options.Publish): RabbitMqMessage {
  const { headers, messageId, correlationId, replyTo, timestamp } = properties;
  return {
    headers: flat(headers as Headers),
    messageId,
    correlationId,
    replyTo,
    timestamp,
    deliveryMode: deliveryModeOf(properties),
    routingKey,
    bodySize: content?.length ?? 0,
    deliveryTag: undefined,
    redelivered: undefined,
    queue: undefined,
    added: undefined,
  };
}

/** As the library makes it of its options; a delivered message has the number itself. */
function deliveryModeOf({ persistent, deliveryMode }: Options.Publish): number | undefined {
  if (persistent !== undefined) return persistent ? 2 : 1;
  if (typeof deliveryMode === 'number') return deliveryMode;
  return deliveryMode ? 2 : undefined;
}

type Headers = Record<string, unknown> | null | undefined;

/** The library sends inherited headers too, but what copies headers copies only own ones. */
function flat(headers: Headers): RabbitMqMessage['headers'] {
  if (!headers) return undefined;
  if (isPlain(headers)) return headers;
  const own: Record<string, unknown> = {};
  for (const name in headers) own[name] = headers[name];
  return own;
}

/** A copy of the caller's options, which the library reads inherited ones of too. */
export function copyOptions(options: Options.Publish | null | undefined): Options.Publish {
  if (!options || isPlain(options)) return { ...options };
  return Object.create(options, { headers: { writable: true, value: options.headers } }) as object;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
