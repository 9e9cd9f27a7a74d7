import { defs } from './amqplib';
import type { Frame } from './codec';
import type { Consumer } from './consumer';
import { Deliveries, type Delivery } from './deliveries';
import { ChannelError } from './errors';
import type { Message, Properties } from './message';
import { methodHandlers } from './methods';
import type { Queue } from './queue';
import type { VirtualHost } from './vhost';

/** What a channel needs of its connection. */
export interface ChannelOwner {
  readonly vhost: VirtualHost;
  send(channel: number, id: number, fields: object): void;
  sendContent(channel: number, id: number, fields: object, message: Message): void;
  forget(channel: number): void;
}

export interface PublishFields {
  readonly exchange: string;
  readonly routingKey: string;
  readonly mandatory: boolean;
}

/** A message whose header or body has not arrived completely. */
interface Incoming {
  readonly fields: PublishFields;
  properties: Properties;
  readonly chunks: Buffer[];
  missing: number;
}

const NO_ROUTE = 312;

/** One channel of a connection. */
export class Channel {
  readonly deliveries = new Deliveries();
  readonly consumers = new Map<string, Consumer>();
  /** For every consumer that is added from now on. */
  prefetch = 0;
  /** For all consumers of the channel together. */
  globalPrefetch = 0;
  /** Whether every publish is answered. */
  confirms = false;
  /** Stands for a queue whose name a method leaves out. */
  lastQueue = '';
  private closed = false;
  private published = 0;
  private incoming?: Incoming;

  constructor(
    readonly owner: ChannelOwner,
    readonly id: number,
  ) {}

  get vhost(): VirtualHost {
    return this.owner.vhost;
  }

  /** Frames that were under way when the channel was closed are not looked at any more. */
  onFrame(frame: Frame): void {
    if (this.closed) return;
    if (frame.kind === 'method') this.onMethod(frame.id, frame.fields);
    else if (frame.kind === 'header') this.onHeader(frame.size, frame.properties);
    else if (frame.kind === 'body') this.onBody(frame.content);
  }

  send(id: number, fields: object = {}): void {
    this.owner.send(this.id, id, fields);
  }

  sendContent(id: number, fields: object, message: Message): void {
    this.owner.sendContent(this.id, id, fields, message);
  }

  queue(name: string): Queue {
    return this.vhost.queue(name || this.lastQueue, this.owner);
  }

  /** Whether the limit for the whole channel allows for one more delivery. */
  hasRoom(): boolean {
    return this.globalPrefetch === 0 || this.deliveries.size < this.globalPrefetch;
  }

  beginPublish(fields: PublishFields): void {
    if (fields.exchange !== '') this.vhost.exchange(fields.exchange);
    this.incoming = { fields, properties: {}, chunks: [], missing: 0 };
  }

  settle(deliveries: readonly Delivery[], action: (delivery: Delivery) => void): void {
    deliveries.forEach(action);
    const queues = [...deliveries.map(({ message }) => message), ...this.consumers.values()].map(({ queue }) => queue);
    for (const queue of new Set(queues)) queue.scheduleDelivery();
  }

  addConsumer(consumer: Consumer): void {
    this.consumers.set(consumer.options.tag, consumer);
    consumer.queue.addConsumer(consumer);
  }

  removeConsumer(consumer: Consumer): void {
    const { queue, options } = consumer;
    this.consumers.delete(options.tag);
    queue.removeConsumer(consumer);
    if (queue.options.autoDelete && queue.consumers.length === 0 && !queue.deleted) this.vhost.removeQueue(queue);
    else queue.scheduleDelivery();
  }

  /** Its queue is gone: the client is told. */
  cancelConsumer(consumer: Consumer): void {
    this.removeConsumer(consumer);
    this.send(defs.BasicCancel, { consumerTag: consumer.options.tag, nowait: true });
  }

  /** What was not settled goes back to the queues, but not to this channel's own consumers. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    const consumers = [...this.consumers.values()];
    for (const consumer of consumers) consumer.queue.removeConsumer(consumer);
    for (const { message } of this.deliveries.settleAll()) message.queue.requeue(message);
    for (const consumer of consumers) this.removeConsumer(consumer);
  }

  private onMethod(id: number, fields: unknown): void {
    const handle = methodHandlers.get(id);
    if (!handle) throw new ChannelError('NOT_IMPLEMENTED', `method ${id >> 16}.${id & 0xffff}`);
    handle(this, fields);
  }

  private onHeader(size: number, properties: Properties): void {
    if (!this.incoming) return;
    this.incoming.properties = properties;
    this.incoming.missing = size;
    if (size === 0) this.completePublish(this.incoming);
  }

  private onBody(content: Buffer): void {
    if (!this.incoming) return;
    this.incoming.chunks.push(content);
    this.incoming.missing -= content.length;
    if (this.incoming.missing <= 0) this.completePublish(this.incoming);
  }

  private completePublish({ fields, properties, chunks }: Incoming): void {
    this.incoming = undefined;
    const { exchange, routingKey, mandatory } = fields;
    const message = { exchange, routingKey, properties, body: Buffer.concat(chunks) };
    const queues = [...this.vhost.route(message)];
    if (queues.length === 0 && mandatory) {
      this.sendContent(defs.BasicReturn, { replyCode: NO_ROUTE, replyText: 'NO_ROUTE', exchange, routingKey }, message);
    }
    const refused = queues.filter(queue => !queue.publish(message)).length;
    if (this.confirms) this.confirm(refused === 0);
  }

  private confirm(stored: boolean): void {
    const deliveryTag = ++this.published;
    this.send(stored ? defs.BasicAck : defs.BasicNack, { deliveryTag, multiple: false, requeue: false });
  }
}
