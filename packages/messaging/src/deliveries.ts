import type { Delivery } from './delivery';
import { hiddenField } from './hidden-field';

/** Makes the delivery of one message of a batch. */
export type DeliveryOf = (message: object) => Delivery;

/** The deliveries of messages that the app has been handed and may process, as long as it keeps the messages. */
export class Deliveries {
  private readonly _known = hiddenField<Delivery | DeliveryOf>();

  has(message: object): boolean {
    return this._known.has(message);
  }

  get(message: object): Delivery | undefined {
    const known = this._known.get(message);
    if (typeof known !== 'function') return known;
    const delivery = known(message);
    this._known.set(message, delivery);
    return delivery;
  }

  set(message: object, delivery: Delivery): void {
    this._known.set(message, delivery);
  }

  /** For one of a batch: most of its messages are never asked for one by one. */
  setLazily(message: object, deliveryOf: DeliveryOf): void {
    this._known.set(message, deliveryOf);
  }
}
