import { defs } from './amqplib';
import type { Channel } from './channel';
import type { QueuedMessage } from './message';
import type { Queue } from './queue';

export interface ConsumerOptions {
  readonly tag: string;
  /** Messages count as settled when they are sent. */
  readonly noAck: boolean;
  readonly exclusive: boolean;
  /** How many unsettled messages it may have; 0 = any number. */
  readonly prefetch: number;
}

/** Somebody who gets the messages of a queue pushed. */
export class Consumer {
  /** Delivered and not settled. */
  unsettled = 0;

  constructor(
    readonly channel: Channel,
    readonly queue: Queue,
    readonly options: ConsumerOptions,
  ) {}

  isFree(): boolean {
    const { noAck, prefetch } = this.options;
    return noAck || ((prefetch === 0 || this.unsettled < prefetch) && this.channel.hasRoom());
  }

  deliver(message: QueuedMessage): void {
    const { tag: consumerTag, noAck } = this.options;
    const deliveryTag = this.channel.deliveries.add(noAck ? undefined : { message, consumer: this });
    if (!noAck) this.unsettled++;
    const { redelivered, exchange, routingKey } = message;
    this.channel.sendContent(
      defs.BasicDeliver,
      { consumerTag, deliveryTag, redelivered, exchange, routingKey },
      message,
    );
  }
}
