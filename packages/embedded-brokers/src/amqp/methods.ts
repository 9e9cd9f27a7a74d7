/** The methods that a client may call on a channel. */
import { randomUUID } from 'node:crypto';
import { defs } from './amqplib';
import type { Channel, PublishFields } from './channel';
import { Consumer } from './consumer';
import { ChannelError } from './errors';
import type { Exchange } from './exchange';
import type { Table } from './message';
import type { Queue } from './queue';

type MethodHandler = (channel: Channel, fields: unknown) => void;

interface NoWait {
  /** The client does not wait for a reply, and must not get one. */
  readonly nowait?: boolean;
}

interface ExchangeDeclare {
  readonly exchange: string;
  readonly type: string;
  readonly passive: boolean;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly arguments: Table;
}

interface ExchangeBind {
  readonly source: string;
  readonly destination: string;
  readonly routingKey: string;
  readonly arguments: Table;
}

interface QueueDeclare {
  readonly queue: string;
  readonly passive: boolean;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly arguments: Table;
}

interface QueueBind {
  readonly exchange: string;
  readonly queue: string;
  readonly routingKey: string;
  readonly arguments: Table;
}

interface Consume {
  readonly queue: string;
  readonly consumerTag: string;
  readonly noAck: boolean;
  readonly exclusive: boolean;
}

interface Settle {
  readonly deliveryTag: number;
  readonly multiple?: boolean;
  readonly requeue?: boolean;
}

/** A handler for one method. The codec gives exactly the fields that the method is defined to have. */
function on<Fields>(id: number, handle: (channel: Channel, fields: Fields) => void): [number, MethodHandler] {
  return [id, (channel, fields) => handle(channel, fields as Fields)];
}

/** A handler for a method that is answered, unless the client says that it does not wait. */
function onAnswered<Fields extends object>(
  id: number,
  answer: number,
  handle: (channel: Channel, fields: Fields) => object | void,
): [number, MethodHandler] {
  return on<Fields & NoWait>(id, (channel, fields) => {
    const answerFields = handle(channel, fields);
    if (!fields.nowait) channel.send(answer, answerFields ?? {});
  });
}

const bindingTo = (destination: Queue | Exchange, fields: QueueBind | ExchangeBind) => ({
  destination,
  routingKey: fields.routingKey,
  arguments: fields.arguments ?? {},
});

const channelMethods = [
  on(defs.ChannelClose, channel => {
    channel.close();
    channel.send(defs.ChannelCloseOk);
    channel.owner.forget(channel.id);
  }),
  onAnswered<{ active: boolean }>(defs.ChannelFlow, defs.ChannelFlowOk, (_channel, { active }) => ({ active })),
  onAnswered(defs.ConfirmSelect, defs.ConfirmSelectOk, channel => {
    channel.confirms = true;
  }),
];

const exchangeMethods = [
  onAnswered<ExchangeDeclare>(defs.ExchangeDeclare, defs.ExchangeDeclareOk, ({ vhost }, fields) => {
    if (fields.passive) vhost.exchange(fields.exchange);
    else vhost.declareExchange(fields.exchange, { ...fields, arguments: fields.arguments ?? {} });
  }),
  onAnswered<{ exchange: string; ifUnused: boolean }>(
    defs.ExchangeDelete,
    defs.ExchangeDeleteOk,
    ({ vhost }, { exchange, ifUnused }) => vhost.deleteExchange(exchange, ifUnused),
  ),
  onAnswered<ExchangeBind>(defs.ExchangeBind, defs.ExchangeBindOk, ({ vhost }, fields) => {
    vhost.exchange(fields.source).bind(bindingTo(vhost.exchange(fields.destination), fields));
  }),
  onAnswered<ExchangeBind>(defs.ExchangeUnbind, defs.ExchangeUnbindOk, ({ vhost }, fields) => {
    vhost.unbind(vhost.exchange(fields.source), bindingTo(vhost.exchange(fields.destination), fields));
  }),
];

const queueMethods = [
  onAnswered<QueueDeclare>(defs.QueueDeclare, defs.QueueDeclareOk, (channel, fields) => {
    const options = { ...fields, arguments: fields.arguments ?? {} };
    const { queue: name, passive } = fields;
    const queue = passive ? channel.queue(name) : channel.vhost.declareQueue(name, options, channel.owner);
    channel.lastQueue = queue.name;
    return { queue: queue.name, messageCount: queue.length, consumerCount: queue.consumers.length };
  }),
  onAnswered<QueueBind>(defs.QueueBind, defs.QueueBindOk, (channel, fields) => {
    channel.vhost.exchange(fields.exchange).bind(bindingTo(channel.queue(fields.queue), fields));
  }),
  onAnswered<QueueBind>(defs.QueueUnbind, defs.QueueUnbindOk, (channel, fields) => {
    channel.vhost.unbind(channel.vhost.exchange(fields.exchange), bindingTo(channel.queue(fields.queue), fields));
  }),
  onAnswered<{ queue: string }>(defs.QueuePurge, defs.QueuePurgeOk, (channel, { queue }) => ({
    messageCount: channel.queue(queue).purge(),
  })),
  onAnswered<{ queue: string; ifUnused: boolean; ifEmpty: boolean }>(
    defs.QueueDelete,
    defs.QueueDeleteOk,
    ({ vhost, owner, lastQueue }, fields) => ({
      messageCount: vhost.deleteQueue(fields.queue || lastQueue, owner, fields),
    }),
  ),
];

const consumerMethods = [
  onAnswered<{ prefetchCount: number; global: boolean }>(defs.BasicQos, defs.BasicQosOk, (channel, fields) => {
    channel[fields.global ? 'globalPrefetch' : 'prefetch'] = fields.prefetchCount;
  }),
  onAnswered<Consume>(defs.BasicConsume, defs.BasicConsumeOk, (channel, fields) => ({
    consumerTag: consume(channel, fields),
  })),
  onAnswered<{ consumerTag: string }>(defs.BasicCancel, defs.BasicCancelOk, (channel, { consumerTag }) => {
    const consumer = channel.consumers.get(consumerTag);
    if (consumer) channel.removeConsumer(consumer);
    return { consumerTag };
  }),
  on<{ queue: string; noAck: boolean }>(defs.BasicGet, (channel, { queue, noAck }) => {
    get(channel, channel.queue(queue), noAck);
  }),
];

const settlingMethods = [
  on<Settle>(defs.BasicAck, (channel, { deliveryTag, multiple = false }) => {
    channel.settle(channel.deliveries.settle(deliveryTag, multiple), () => {});
  }),
  on<Settle>(defs.BasicNack, refuse),
  on<Settle>(defs.BasicReject, refuse),
  onAnswered(defs.BasicRecover, defs.BasicRecoverOk, channel => {
    channel.settle(channel.deliveries.settleAll(), ({ message }) => message.queue.requeue(message));
  }),
];

const publishMethods = [on<PublishFields>(defs.BasicPublish, (channel, fields) => channel.beginPublish(fields))];

export const methodHandlers: ReadonlyMap<number, MethodHandler> = new Map([
  ...channelMethods,
  ...exchangeMethods,
  ...queueMethods,
  ...consumerMethods,
  ...settlingMethods,
  ...publishMethods,
]);

function consume(channel: Channel, { queue: name, consumerTag, noAck, exclusive }: Consume): string {
  const queue = channel.queue(name);
  const isTaken = queue.consumers.some(consumer => exclusive || consumer.options.exclusive);
  if (isTaken) throw new ChannelError('ACCESS_REFUSED', `queue '${queue.name}' in vhost '/' in exclusive use`);
  const tag = consumerTag || `amq.ctag-${randomUUID()}`;
  channel.addConsumer(new Consumer(channel, queue, { tag, noAck, exclusive, prefetch: channel.prefetch }));
  return tag;
}

function get(channel: Channel, queue: Queue, noAck: boolean): void {
  const message = queue.take();
  if (!message) return channel.send(defs.BasicGetEmpty, { clusterId: '' });
  const deliveryTag = channel.deliveries.add(noAck ? undefined : { message });
  const { redelivered, exchange, routingKey } = message;
  const fields = { deliveryTag, redelivered, exchange, routingKey, messageCount: queue.length };
  channel.sendContent(defs.BasicGetOk, fields, message);
}

function refuse(channel: Channel, { deliveryTag, multiple = false, requeue }: Settle): void {
  channel.settle(channel.deliveries.settle(deliveryTag, multiple), ({ message }) => {
    if (requeue) message.queue.requeue(message);
    else channel.vhost.bury(message, 'rejected');
  });
}
