import {
  rabbitmqDelivered,
  rabbitmqDestination,
  type Operation,
  type RabbitMqMessage,
  type Server,
} from '@queuetrace/messaging';
import type { Channel, Message, Options } from 'amqplib';

/** A delivered message as the core knows it. */
export function fromDelivery({ fields, properties, content }: Message, queue?: string): RabbitMqMessage {
  const { routingKey, deliveryTag, redelivered } = fields;
  const { headers, messageId, correlationId, timestamp } = properties as Options.Publish;
  return {
    headers: flat(headers as Headers),
    messageId,
    correlationId,
    timestamp,
    routingKey,
    deliveryTag,
    redelivered,
    bodySize: content.length,
    queue,
  };
}

/** A message that the broker gave back. */
export function fromReturn({ fields, properties, content }: Message): RabbitMqMessage {
  const { routingKey } = fields;
  return { ...fromProperties(properties as Options.Publish), routingKey, bodySize: content.length };
}

/** A message that is about to be published: its `headers` are the ones that amqplib will be given. */
export function fromPublish(routingKey: string, content: Buffer, options: Options.Publish): RabbitMqMessage {
  return { ...fromProperties(options), routingKey, bodySize: content?.length ?? 0 };
}

function fromProperties({ headers, messageId, correlationId, timestamp }: Options.Publish) {
  return { headers: flat(headers as Headers), messageId, correlationId, timestamp };
}

type Headers = Record<string, unknown> | undefined;

/** The library sends inherited headers too, but what copies headers copies only own ones. */
function flat(headers: Headers): Headers {
  if (!headers || isPlain(headers)) return headers;
  const own: Headers = {};
  for (const name in headers) own[name] = headers[name];
  return own;
}

/** A copy of the caller's options, which the library reads inherited ones of too. */
export function copyOptions(
  options: Options.Publish | null | undefined,
  changed: Options.Publish = {},
): Options.Publish {
  if (!options || isPlain(options)) return { ...options, ...changed };
  return Object.assign(
    Object.create(options, { headers: { writable: true, value: options.headers } }),
    changed,
  ) as object;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What an operation on a delivered message has in common, whichever it is. */
export function onDelivery(
  name: string,
  message: Message,
  queue: string,
  channel: Channel,
): Operation<RabbitMqMessage> {
  const { exchange, routingKey } = message.fields;
  const delivered = fromDelivery(message, queue || undefined);
  rabbitmqDelivered(delivered);
  return {
    name,
    destination: rabbitmqDestination(exchange, routingKey, queue),
    messages: [delivered],
    server: serverOf(channel),
  };
}

interface Socket {
  /** Node.js keeps the name that was looked up here. */
  _host?: string;
  remoteAddress?: string;
  remotePort?: number;
}

const servers = new WeakMap<object, Server>();

/** The broker at the other end of a channel's connection; kept, since a closed socket no longer says. */
export function serverOf(channel: Channel): Server | undefined {
  const connection = (channel as { connection?: { stream?: Socket } }).connection;
  if (!connection?.stream) return undefined;
  const known = servers.get(connection);
  if (known) return known;
  const { _host, remoteAddress, remotePort } = connection.stream;
  if (remotePort === undefined) return undefined;
  const server = { address: _host ?? remoteAddress, port: remotePort };
  servers.set(connection, server);
  return server;
}
