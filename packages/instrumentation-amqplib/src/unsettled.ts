import {
  isThenable,
  rabbitmqDeadLettersOf,
  MAX_TIMER_MS,
  tellOutcome,
  type ActiveOperation,
  type Operation,
  type RabbitMqMessage,
} from '@queuetrace/messaging';

/** How a message was settled, in AMQP's words. */
export interface Settlement {
  name: 'ack' | 'nack' | 'reject';
  /** Undefined for an ack. */
  requeue?: boolean;
}

/** Why a message will not be settled. */
export interface Abandonment {
  type: 'channel_closed' | 'settlement_timeout';
  message: string;
}

type Process = ActiveOperation<RabbitMqMessage>;

/** A delivery that waits for its settlement; its process operation ends when the handler is done as well. */
export class UnsettledMessage {
  readonly deliveredAtMs = performance.now();
  private _process?: Process;
  private _isHandled = false;
  private _isOver = false;
  private _settlement?: Settlement;

  /** @param operation what the delivery was told as; settlements are told of the same message */
  constructor(readonly operation: Operation<RabbitMqMessage>) {}

  /** Runs the handler; its outcome goes on as it is, for a promise as one `then` with the same outcome. */
  follow(process: Process, handle: () => unknown): unknown {
    if (this._isOver) return process.follow(handle);
    this._process = process;
    // Nobody may ever settle the message of a handler that failed: its span must not wait for that.
    const result = process.runOrEnd(handle);
    if (isThenable(result)) {
      return tellOutcome(
        result,
        () => this._handled(),
        error => process.end(error, true),
      );
    }
    this._handled();
    return result;
  }

  settled(settlement: Settlement): void {
    this._settlement = settlement;
    this._isOver = true;
    const { name, requeue } = settlement;
    this._process?.set({ rabbitmqSettlement: name, rabbitmqRequeue: requeue });
    const deadLettersTo = requeue === false && rabbitmqDeadLettersOf(this.operation.messages[0].queue);
    if (deadLettersTo) this._process?.tellBuried(deadLettersTo, refusal(settlement));
    this._endIfDone();
  }

  abandoned(reason?: Abandonment): void {
    this._isOver = true;
    this._process?.end(reason);
  }

  private _handled(): void {
    this._isHandled = true;
    this._endIfDone();
  }

  private _endIfDone(): void {
    if (!this._isHandled || !this._settlement) return;
    const { name, requeue } = this._settlement;
    if (name === 'ack') this._process?.end();
    else this._process?.end({ type: name, message: refusal(this._settlement), comesAgain: requeue });
  }
}

function refusal({ name, requeue }: Settlement): string {
  return `${name} ${requeue ? 'with' : 'without'} requeue`;
}

/** The deliveries of one channel that wait for their settlement, oldest first, which is by delivery tag. */
export class Unsettled {
  private readonly _messages = new Map<number, UnsettledMessage>();
  private _timer?: NodeJS.Timeout;

  /** @param _timeoutMs after this time a delivery is given up; 0: never */
  constructor(private readonly _timeoutMs: number) {}

  add(deliveryTag: number, message: UnsettledMessage): UnsettledMessage {
    this._messages.set(deliveryTag, message);
    if (!this._timer && this._timeoutMs > 0) this._watch(this._timeoutMs);
    return message;
  }

  /** What a settlement is about: one delivery, or all up to and with it. */
  operations(deliveryTag: number, isMultiple: boolean): Operation<RabbitMqMessage>[] {
    if (isMultiple) return this._upTo(deliveryTag).map(([, { operation }]) => operation);
    const message = this._messages.get(deliveryTag);
    return message ? [message.operation] : [];
  }

  settle(deliveryTag: number, isMultiple: boolean, settlement: Settlement): void {
    if (isMultiple) for (const [tag] of this._upTo(deliveryTag)) this._settle(tag, settlement);
    else this._settle(deliveryTag, settlement);
  }

  /** No settlement is to come. */
  end(reason?: Abandonment): void {
    clearTimeout(this._timer);
    this._timer = undefined;
    for (const message of this._messages.values()) message.abandoned(reason);
    this._messages.clear();
  }

  private _settle(deliveryTag: number, settlement: Settlement): void {
    const message = this._messages.get(deliveryTag);
    this._messages.delete(deliveryTag);
    message?.settled(settlement);
  }

  private _upTo(deliveryTag: number): [number, UnsettledMessage][] {
    const messages: [number, UnsettledMessage][] = [];
    for (const entry of this._messages) {
      if (entry[0] > deliveryTag) break;
      messages.push(entry);
    }
    return messages;
  }

  private _watch(delayMs: number): void {
    this._timer = setTimeout(
      () => {
        this._timer = undefined;
        for (const [tag, message] of this._messages) {
          const ageMs = performance.now() - message.deliveredAtMs;
          if (ageMs < this._timeoutMs) return this._watch(this._timeoutMs - ageMs);
          this._messages.delete(tag);
          message.abandoned({ type: 'settlement_timeout', message: `not settled within ${this._timeoutMs} ms` });
        }
      },
      Math.min(delayMs, MAX_TIMER_MS),
    ).unref();
  }
}
