import type { ActiveOperation } from '../active-operation';
import { OrderedMap } from '../ordered-map';
import type { RabbitMqMessage } from './rabbitmq';

type Publish = ActiveOperation<RabbitMqMessage>;

const NACKED = { type: 'nack', message: 'the broker refused the message' };

/** The publishes of one confirm channel that wait for what the broker says of them, by delivery tag. */
export class UnconfirmedPublishes {
  private readonly _publishes = new OrderedMap<number, Publish>();

  get size(): number {
    return this._publishes.size;
  }

  add(deliveryTag: number, publish: Publish): void {
    this._publishes.set(deliveryTag, publish);
  }

  /** `basic.ack` and `basic.nack` of the broker: one publish, or all up to and with it. */
  confirm(deliveryTag: number, isMultiple: boolean, isTaken: boolean): void {
    const error = isTaken ? undefined : NACKED;
    if (!isMultiple) return this._publishes.delete(deliveryTag)?.end(error);
    this._endUpTo(deliveryTag, error);
  }

  /** No confirm is to come. */
  end(error?: object): void {
    this._endUpTo(Infinity, error);
  }

  private _endUpTo(deliveryTag: number, error?: object): void {
    for (const publish of this._publishes.takeWhile(tag => tag <= deliveryTag)) publish.end(error);
  }
}
