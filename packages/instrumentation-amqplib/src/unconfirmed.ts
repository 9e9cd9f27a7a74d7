import type { ActiveOperation, RabbitMqMessage } from '@queuetrace/messaging';

/** `basic.ack` and `basic.nack`: class 60, methods 80 and 120 (AMQP 0-9-1). */
const BASIC_ACK = (60 << 16) | 80;
const BASIC_NACK = (60 << 16) | 120;

/** A frame that the broker sent. */
export interface Frame {
  id?: number;
  fields?: { deliveryTag: number; multiple: boolean };
}

/** The part of a confirm channel that numbers what is published on it: `lwm` is the tag of `unconfirmed[0]`. */
export interface ConfirmWindow {
  lwm?: number;
  unconfirmed?: unknown[];
}

/** The publishes of one confirm channel that wait for the broker's confirm and have no callback to tell it. */
export class Unconfirmed {
  private readonly _publishes = new Map<number, ActiveOperation<RabbitMqMessage>>();

  /** To be called just after the library published. False where the library does not number as we know it. */
  add({ lwm, unconfirmed }: ConfirmWindow, publish: ActiveOperation<RabbitMqMessage>): boolean {
    if (typeof lwm !== 'number' || !Array.isArray(unconfirmed)) return false;
    this._publishes.set(lwm + unconfirmed.length - 1, publish);
    return true;
  }

  accept({ id, fields }: Frame): void {
    if ((id !== BASIC_ACK && id !== BASIC_NACK) || !fields) return;
    const error = id === BASIC_NACK ? NACKED : undefined;
    if (!fields.multiple) return this._confirm(fields.deliveryTag, error);
    for (const tag of this._publishes.keys()) {
      if (tag > fields.deliveryTag) return;
      this._confirm(tag, error);
    }
  }

  /** No confirm is to come. */
  end(error?: object): void {
    for (const tag of this._publishes.keys()) this._confirm(tag, error);
  }

  private _confirm(deliveryTag: number, error: unknown): void {
    const publish = this._publishes.get(deliveryTag);
    this._publishes.delete(deliveryTag);
    publish?.end(error);
  }
}

const NACKED = { type: 'nack', message: 'the broker refused the message' };
