import { epochMs } from '../clock';
import type { Consumer } from './consumer';
import type { DeathReason } from './dead-letter';
import type { Message, QueuedMessage, Table } from './message';

export interface QueueOptions {
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly arguments: Table;
}

/** The longest time that a Node.js timer can wait; messages that live longer are not timed. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Messages that wait for a consumer, in order, and the consumers that wait for messages, in turn. */
export class Queue {
  deleted = false;
  readonly consumers: Consumer[] = [];
  private readonly ready: QueuedMessage[] = [];
  private nextPosition = 0;
  private nextConsumer = 0;
  private deliveryScheduled = false;

  constructor(
    readonly name: string,
    readonly options: QueueOptions,
    /** The connection that an exclusive queue belongs to. */
    readonly owner: object | undefined,
    private readonly onDeath: (message: QueuedMessage, reason: DeathReason) => void,
  ) {}

  get length(): number {
    return this.ready.length;
  }

  /** False if the queue is full and refuses what is too much. */
  publish(message: Message): boolean {
    const overflow = this.options.arguments['x-overflow'];
    if (this.isFull() && typeof overflow === 'string' && overflow.startsWith('reject-publish')) {
      if (overflow === 'reject-publish-dlx') this.onDeath(this.queued(message), 'maxlen');
      return false;
    }
    this.ready.push(this.queued(message));
    this.dropOverflow();
    this.scheduleDelivery();
    return true;
  }

  /** Back to where it was. */
  requeue(message: QueuedMessage): void {
    if (this.deleted) return;
    const successor = this.ready.findIndex(each => each.position > message.position);
    this.ready.splice(successor < 0 ? this.ready.length : successor, 0, { ...message, redelivered: true });
    this.dropOverflow();
    this.scheduleDelivery();
  }

  take(): QueuedMessage | undefined {
    this.expire();
    return this.ready.shift();
  }

  purge(): number {
    return this.ready.splice(0).length;
  }

  addConsumer(consumer: Consumer): void {
    this.consumers.push(consumer);
    this.scheduleDelivery();
  }

  removeConsumer(consumer: Consumer): void {
    const index = this.consumers.indexOf(consumer);
    if (index >= 0) this.consumers.splice(index, 1);
  }

  /** Not at once: the reply to what made a delivery possible goes out first. */
  scheduleDelivery(): void {
    if (this.deliveryScheduled) return;
    this.deliveryScheduled = true;
    setImmediate(() => {
      this.deliveryScheduled = false;
      this.deliver();
    });
  }

  private deliver(): void {
    this.expire();
    while (this.ready.length > 0) {
      const consumer = this.freeConsumer();
      const message = consumer && this.ready.shift();
      if (!message) return;
      consumer.deliver(message);
    }
  }

  /** The next in turn that may have one more message. */
  private freeConsumer(): Consumer | undefined {
    for (let i = 0; i < this.consumers.length; i++) {
      const index = (this.nextConsumer + i) % this.consumers.length;
      if (!this.consumers[index].isFree()) continue;
      this.nextConsumer = index + 1;
      return this.consumers[index];
    }
    return undefined;
  }

  private queued(message: Message): QueuedMessage {
    const limits = [this.options.arguments['x-message-ttl'], message.properties.expiration];
    const timeToLive = Math.min(...limits.filter(limit => limit !== undefined).map(Number));
    if (timeToLive <= MAX_TIMER_MS) setTimeout(() => this.expire(), timeToLive + 1).unref();
    const expiresAt = epochMs() + timeToLive;
    return { ...message, queue: this, position: this.nextPosition++, expiresAt, redelivered: false };
  }

  /** Like in RabbitMQ a message that expires waits for those in front of it. */
  private expire(): void {
    const now = epochMs();
    while (this.ready.length > 0 && this.ready[0].expiresAt <= now) this.dropFirst('expired');
  }

  private isFull(): boolean {
    const limit = this.options.arguments['x-max-length'];
    return limit !== undefined && this.ready.length >= Number(limit);
  }

  private dropOverflow(): void {
    const limit = Number(this.options.arguments['x-max-length'] ?? Infinity);
    while (this.ready.length > limit) this.dropFirst('maxlen');
  }

  private dropFirst(reason: DeathReason): void {
    const message = this.ready.shift();
    if (message) this.onDeath(message, reason);
  }
}
