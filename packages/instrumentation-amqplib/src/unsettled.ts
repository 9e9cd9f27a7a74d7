import type { ActiveOperation, RabbitMqMessage } from '@queuetrace/messaging';

/** How a message was settled, in AMQP's words. */
export interface Settlement {
  name: 'ack' | 'nack' | 'reject';
  /** Undefined for an ack. */
  requeue?: boolean;
}

/** The process operation of one delivery: it ends when the handler is done and the message is settled. */
export class UnsettledProcess {
  readonly deliveredAtMs = performance.now();
  private _isHandled = false;
  private _settlement?: Settlement;

  constructor(readonly process: ActiveOperation<RabbitMqMessage>) {}

  handled(): void {
    this._isHandled = true;
    this._endIfDone();
  }

  /** Nobody may ever settle the message of a handler that failed: its span must not wait for that. */
  failed(error: unknown): void {
    this.process.end(error, true);
  }

  settled(settlement: Settlement): void {
    this._settlement = settlement;
    const { name, requeue } = settlement;
    this.process.set({ rabbitmqSettlement: name, rabbitmqRequeue: requeue });
    this._endIfDone();
  }

  abandoned(type: 'channel_closed' | 'settlement_timeout', message: string): void {
    this.process.end({ type, message });
  }

  private _endIfDone(): void {
    if (!this._isHandled || !this._settlement) return;
    const { name, requeue } = this._settlement;
    if (name === 'ack') this.process.end();
    else this.process.end({ type: name, message: `${name} ${requeue ? 'with' : 'without'} requeue` });
  }
}

/** The deliveries of one channel that wait for their settlement, oldest first, which is by delivery tag. */
export class Unsettled {
  private readonly _deliveries = new Map<number, UnsettledProcess>();
  private _timer?: NodeJS.Timeout;

  /** @param _timeoutMs after this time a delivery is given up; 0: never */
  constructor(private readonly _timeoutMs: number) {}

  add(deliveryTag: number, delivery: UnsettledProcess): void {
    this._deliveries.set(deliveryTag, delivery);
    if (!this._timer && this._timeoutMs > 0) this._watch(this._timeoutMs);
  }

  settle(deliveryTag: number, settlement: Settlement): void {
    const delivery = this._deliveries.get(deliveryTag);
    this._deliveries.delete(deliveryTag);
    delivery?.settled(settlement);
  }

  /** All deliveries up to and with this one. */
  settleUpTo(deliveryTag: number, settlement: Settlement): void {
    for (const tag of this._deliveries.keys()) {
      if (tag > deliveryTag) return;
      this.settle(tag, settlement);
    }
  }

  /** The channel is gone, and with it every chance to settle. */
  close(): void {
    clearTimeout(this._timer);
    for (const delivery of this._deliveries.values()) {
      delivery.abandoned('channel_closed', 'the channel closed before the message was settled');
    }
    this._deliveries.clear();
  }

  private _watch(delayMs: number): void {
    this._timer = setTimeout(() => {
      this._timer = undefined;
      for (const [tag, delivery] of this._deliveries) {
        const ageMs = performance.now() - delivery.deliveredAtMs;
        if (ageMs < this._timeoutMs) return this._watch(this._timeoutMs - ageMs);
        this._deliveries.delete(tag);
        delivery.abandoned('settlement_timeout', `not settled within ${this._timeoutMs} ms`);
      }
    }, delayMs).unref();
  }
}
