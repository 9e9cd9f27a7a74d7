import type { Context } from '@opentelemetry/api';
import type { ActiveOperation } from '../active-operation';
import { Delivery, registerDelivery } from '../delivery';
import type { Requests } from '../requests';
import type { MessagingTelemetry } from '../telemetry';
import type { StartTime } from '../telemetry-core';
import type { Destination, Operation, Server } from '../types';
import { rabbitmqDestination, rabbitmqReplyKey, type RabbitMqMessage } from './rabbitmq';
import type { Settlement } from './rabbitmq-settlement';
import { UnconfirmedPublishes } from './rabbitmq-unconfirmed';
import { UnsettledMessage, UnsettledMessages } from './rabbitmq-unsettled';

type Publish = ActiveOperation<RabbitMqMessage>;
type OnMessage = Operation<RabbitMqMessage>;

/** What the broker says of a message that it gives back (`basic.return`). */
interface Return {
  replyCode: number;
  replyText: string;
  exchange: string;
  server?: Server;
}

/** An open channel: what of it waits for its settlement, its confirm or its reply, or may come back. */
export class RabbitMqChannel {
  readonly unconfirmed = new UnconfirmedPublishes();
  private readonly _unsettled: UnsettledMessages;
  /** Publishes that come back where no queue takes them, by what their message will be known by. */
  private readonly _mandatory = new Map<string, Publish>();
  private _isOpen = true;

  constructor(
    private readonly _telemetry: MessagingTelemetry<RabbitMqMessage>,
    /** Replies may come to another channel than the one of the request. */
    private readonly _requests: Requests,
    private readonly _id: number,
  ) {
    this._unsettled = new UnsettledMessages(_telemetry.config.consumeTimeoutMs);
  }

  /** False also where the instrumentation was turned off: then the channel is to be known anew. */
  get isOpen(): boolean {
    return this._isOpen;
  }

  /** How much of it waits. */
  get waiting(): number {
    return this._unsettled.size + this.unconfirmed.size + this._mandatory.size;
  }

  /** A delivery to a consumer, while its handler runs, and until it is settled. */
  process(delivery: OnMessage, handle: () => unknown): unknown {
    const process = this._telemetry.startProcess(delivery, { request: this._requestOf(delivery) });
    if (delivery.isSettledBefore) return process.follow(handle);
    return this._wait(delivery, process.startedAtMs ?? performance.now()).follow(process, handle);
  }

  /** The answer to `basic.get`: the app says with `processMessage` when it processes it. */
  received(receive: OnMessage, startTime: StartTime, message: object): void {
    this._telemetry.received(receive, startTime);
    const delivery = { ...receive, name: 'consume' };
    const unsettled = receive.isSettledBefore ? undefined : this._wait(receive, performance.now());
    const options = { isCounted: true, request: this._requestOf(receive) };
    const start = (startTime: StartTime, ambient: Context) =>
      this._telemetry.startProcess(delivery, { ...options, ambient, startTime });
    const follow = (process: ActiveOperation, handle: () => unknown) =>
      unsettled!.follow(process as ActiveOperation<RabbitMqMessage>, handle);
    registerDelivery(message, new Delivery(start, undefined, unsettled && follow));
  }

  /** The library first, so that only what it has sent counts as settled. */
  settle<T>(settlement: Settlement, deliveryTag: number, isMultiple: boolean, call: () => T): T {
    const result =
      this._telemetry.config.settleSpans === 'all' ? this._tell(settlement, deliveryTag, isMultiple, call) : call();
    this._unsettled.settle(deliveryTag, isMultiple, settlement);
    return result;
  }

  /** A publish that asks for a reply. */
  requested(publish: Publish): void {
    const { replyTo, correlationId } = publish.operation.messages[0];
    const key = rabbitmqReplyKey(replyTo, correlationId, this._id);
    if (key) this._requests.sent(key, publish);
  }

  /** A `mandatory` publish that waits for its confirm is told itself: the broker gives back before it confirms. */
  expectReturn(publish: Publish): void {
    const key = this._returnKey(publish.operation.destination, publish.operation.messages[0]);
    if (key === undefined || publish.isEnded) return;
    this._mandatory.set(key, publish);
    publish.onEnd = () => {
      if (this._mandatory.get(key) === publish) this._mandatory.delete(key);
    };
  }

  returned(message: RabbitMqMessage, { replyCode, replyText, exchange, server }: Return): void {
    const destination = rabbitmqDestination(exchange, message.routingKey);
    if (!this._telemetry.observes(destination.name)) return;
    const error = { type: replyText, message: `the broker gave the message back: ${replyCode} ${replyText}` };
    const publish = this._mandatory.get(this._returnKey(destination, message) ?? '');
    if (publish) return publish.end(error);
    this._telemetry.returned({ name: 'return', destination, messages: [message], server }, error);
  }

  private _returnKey({ name }: Destination, message: RabbitMqMessage): string | undefined {
    const creationId = this._telemetry.creationId(message);
    const { messageId } = message;
    return creationId === undefined && messageId === undefined ? undefined : [creationId, messageId, name].join('\0');
  }

  closed(): void {
    const closed = (before: string) =>
      ({ type: 'channel_closed', message: `the channel closed before ${before}` }) as const;
    this._end(closed('the message was settled'), closed('the broker confirmed the message'));
  }

  /** Nobody will tell how it goes on: what is open ends with no outcome. */
  release(): void {
    this._end();
  }

  private _end(unsettled?: Parameters<UnsettledMessages['end']>[0], unconfirmed?: object): void {
    this._isOpen = false;
    this._unsettled.end(unsettled);
    this.unconfirmed.end(unconfirmed);
  }

  private _wait(delivery: OnMessage, deliveredAtMs: number): UnsettledMessage {
    return this._unsettled.add(new UnsettledMessage(delivery, deliveredAtMs));
  }

  /** What a reply answers, if it is one and the request was sent from this process. */
  private _requestOf({ messages: [{ queue, correlationId }] }: OnMessage) {
    if (correlationId === undefined) return undefined;
    const key = rabbitmqReplyKey(queue, correlationId, this._id);
    return key === undefined ? undefined : this._requests.of(key);
  }

  /** The broker answers none of them. */
  private _tell<T>({ name }: Settlement, deliveryTag: number, isMultiple: boolean, call: () => T): T {
    const operation = settling(name, this._unsettled.operations(deliveryTag, isMultiple));
    const isTold = operation && this._telemetry.observes(operation.destination.name);
    return isTold ? this._telemetry.settle(operation, false, call) : call();
  }
}

/** One operation for all that a call settles; nothing where we have seen none of it. */
function settling(name: string, settled: readonly OnMessage[]): OnMessage | undefined {
  if (settled.length === 0) return undefined;
  const [{ destination, server }] = settled;
  const isShared = settled.every(one => one.destination.name === destination.name);
  return {
    name,
    destination: isShared ? destination : {},
    messages: settled.flatMap(one => one.messages),
    isBatch: settled.length > 1,
    server,
  };
}
