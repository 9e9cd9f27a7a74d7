import { isThenable, type ActiveOperation } from '../active-operation';
import type { Failure } from '../error-type';
import { OrderedMap, type Placed } from '../ordered-map';
import { refusalReason } from '../send-intent';
import { tellOutcome } from '../tell-outcome';
import { MAX_TIMER_MS } from '../timer';
import type { Operation } from '../types';
import type { RabbitMqMessage } from './rabbitmq';
import { rabbitmqDeadLettersOf } from './rabbitmq-dead-letters';
import type { Settlement } from './rabbitmq-settlement';

/** Why a message will not be settled. */
export interface Abandonment {
  type: 'channel_closed' | 'settlement_timeout';
  message: string;
}

type Process = ActiveOperation<RabbitMqMessage>;

/** A delivery that waits for its settlement; its process operation ends when the handler is done as well. */
export class UnsettledMessage implements Placed<number, UnsettledMessage> {
  /** Its delivery tag. */
  readonly key: number;
  previous?: UnsettledMessage;
  next?: UnsettledMessage;
  /** Whole milliseconds, as `performance.now()`. */
  readonly deliveredAtMs: number;
  private _process?: Process;
  private _isHandled = false;
  private _isOver = false;
  private _settlement?: Settlement;
  /** What the message failed with, if it was refused: what the app says of that comes before the settlement's own words. */
  private _refusal?: Failure;

  /** @param operation what the delivery was told as; settlements are told of the same message */
  constructor(
    readonly operation: Operation<RabbitMqMessage>,
    deliveredAtMs: number,
  ) {
    this.key = operation.messages[0].deliveryTag!;
    this.deliveredAtMs = Math.floor(deliveredAtMs);
  }

  /** Runs the handler; its outcome goes on as it is, for a promise as one `then` with the same outcome. */
  follow(process: Process, handle: () => unknown): unknown {
    if (this._settlement) process.set(this._settlement.attributes);
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
    const process = this._process;
    if (!process) return;
    process.set(settlement.attributes);
    const refusal = (this._refusal = settlement.refusal && { ...settlement.refusal, ...refusalReason() });
    const deadLettersTo = refusal?.comesAgain === false && rabbitmqDeadLettersOf(this.operation.messages[0].queue);
    if (deadLettersTo) process.tellBuried(deadLettersTo, refusal, settlement.name);
    if (this._isHandled) process.end(refusal);
  }

  abandoned(reason?: Abandonment): void {
    this._isOver = true;
    this._process?.end(reason);
  }

  private _handled(): void {
    this._isHandled = true;
    if (this._settlement) this._process?.end(this._refusal);
  }
}

/** The deliveries of one channel that wait for their settlement, oldest first, which is by delivery tag. */
export class UnsettledMessages {
  private readonly _messages = new OrderedMap<number, UnsettledMessage>();
  private _timer?: NodeJS.Timeout;

  /** @param _timeoutMs after this time a delivery is given up; 0: never */
  constructor(private readonly _timeoutMs: number) {}

  get size(): number {
    return this._messages.size;
  }

  add(message: UnsettledMessage): UnsettledMessage {
    this._messages.set(message);
    if (!this._timer && this._timeoutMs > 0) this._watch(this._timeoutMs);
    return message;
  }

  /** What a settlement is about: one delivery, or all up to and with it. */
  operations(deliveryTag: number, isMultiple: boolean): Operation<RabbitMqMessage>[] {
    const message = this._messages.get(deliveryTag);
    if (!isMultiple) return message ? [message.operation] : [];
    const operations: Operation<RabbitMqMessage>[] = [];
    for (const tag of this._messages.keys()) {
      if (tag > deliveryTag) break;
      operations.push(this._messages.get(tag)!.operation);
    }
    return operations;
  }

  settle(deliveryTag: number, isMultiple: boolean, settlement: Settlement): void {
    if (!isMultiple) return this._messages.delete(deliveryTag)?.settled(settlement);
    for (const message of this._messages.takeWhile(({ key }) => key <= deliveryTag)) message.settled(settlement);
  }

  /** No settlement is to come. */
  end(reason?: Abandonment): void {
    clearTimeout(this._timer);
    this._timer = undefined;
    for (const message of this._messages.takeWhile(() => true)) message.abandoned(reason);
  }

  private _watch(delayMs: number): void {
    this._timer = setTimeout(() => this._giveUp(), Math.min(delayMs, MAX_TIMER_MS)).unref();
  }

  private _giveUp(): void {
    this._timer = undefined;
    const ageMs = ({ deliveredAtMs }: UnsettledMessage) => performance.now() - deliveredAtMs;
    for (const message of this._messages.takeWhile(one => ageMs(one) >= this._timeoutMs)) {
      message.abandoned({ type: 'settlement_timeout', message: `not settled within ${this._timeoutMs} ms` });
    }
    const { oldest } = this._messages;
    if (oldest && !this._timer) this._watch(this._timeoutMs - ageMs(oldest));
  }
}
