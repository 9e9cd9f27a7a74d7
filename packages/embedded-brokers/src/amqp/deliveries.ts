import type { Consumer } from './consumer';
import { ChannelError } from './errors';
import type { QueuedMessage } from './message';

export interface Delivery {
  readonly message: QueuedMessage;
  /** None if the client asked for this one message. */
  readonly consumer?: Consumer;
}

/** What has been delivered on a channel and waits to be settled, by delivery tag. */
export class Deliveries {
  private lastTag = 0;
  private readonly unsettled = new Map<number, Delivery>();

  get size(): number {
    return this.unsettled.size;
  }

  /** Gives the next delivery tag; without a delivery it is never to be settled. */
  add(delivery?: Delivery): number {
    this.lastTag++;
    if (delivery) this.unsettled.set(this.lastTag, delivery);
    return this.lastTag;
  }

  /** `multiple` = everything up to this tag, or everything there is for tag 0. */
  settle(tag: number, multiple: boolean): Delivery[] {
    const tags = [...this.unsettled.keys()].filter(each => each === tag || (multiple && (tag === 0 || each < tag)));
    if (tags.length === 0 && tag !== 0) throw new ChannelError('PRECONDITION_FAILED', `unknown delivery tag ${tag}`);
    return tags.flatMap(each => this.remove(each));
  }

  settleAll(): Delivery[] {
    return this.settle(0, true);
  }

  private remove(tag: number): Delivery[] {
    const delivery = this.unsettled.get(tag);
    this.unsettled.delete(tag);
    if (delivery?.consumer) delivery.consumer.unsettled--;
    return delivery ? [delivery] : [];
  }
}
