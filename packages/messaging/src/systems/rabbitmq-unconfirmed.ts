import type { ActiveOperation } from '../active-operation';
import { OrderedMap, type Placed } from '../ordered-map';
import type { RabbitMqMessage } from './rabbitmq';

type Publish = ActiveOperation<RabbitMqMessage>;

interface Unconfirmed extends Placed<number, Unconfirmed> {
  publish: Publish;
}

const NACKED = { type: 'nack', message: 'the broker refused the message' };

/** The publishes of one confirm channel that wait for what the broker says of them, by delivery tag. */
export class UnconfirmedPublishes {
  private readonly _publishes = new OrderedMap<number, Unconfirmed>();

  get size(): number {
    return this._publishes.size;
  }

  add(deliveryTag: number, publish: Publish): void {
    this._publishes.set({ key: deliveryTag, publish, previous: undefined, next: undefined });
  }

  /** `basic.ack` and `basic.nack` of the broker: one publish, or all up to and with it. */
  confirm(deliveryTag: number, isMultiple: boolean, isTaken: boolean): void {
    const error = isTaken ? undefined : NACKED;
    if (!isMultiple) return this._publishes.delete(deliveryTag)?.publish.end(error);
    this._endUpTo(deliveryTag, error);
  }

  /** No confirm is to come. */
  end(error?: object): void {
    this._endUpTo(Infinity, error);
  }

  private _endUpTo(deliveryTag: number, error?: object): void {
    for (const { publish } of this._publishes.takeWhile(({ key }) => key <= deliveryTag)) publish.end(error);
  }
}
