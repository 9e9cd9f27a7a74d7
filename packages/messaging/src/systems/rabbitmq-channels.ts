import { Requests } from '../requests';
import type { MessagingTelemetry } from '../telemetry';
import type { RabbitMqMessage } from './rabbitmq';
import { RabbitMqChannel } from './rabbitmq-channel';

/** Sends that may still be answered. */
const MAX_REQUESTS = 10_000;

/** What is kept of a client's channels, no longer than they are open. */
export class RabbitMqChannels<Channel extends object> {
  private readonly _open = new Map<Channel, RabbitMqChannel>();
  private readonly _requests: Requests;
  private _lastId = 0;

  constructor(private readonly _telemetry: MessagingTelemetry<RabbitMqMessage>) {
    this._requests = new Requests(_telemetry.remember('requests', MAX_REQUESTS));
  }

  get size(): number {
    return this._open.size;
  }

  find(channel: Channel): RabbitMqChannel | undefined {
    return this._open.get(channel);
  }

  /** Only to be asked for a channel that is open, since its end is what removes it. */
  of(channel: Channel): RabbitMqChannel {
    let known = this._open.get(channel);
    if (known) return known;
    known = new RabbitMqChannel(this._telemetry, this._requests, ++this._lastId);
    this._open.set(channel, known);
    return known;
  }

  closed(channel: Channel): void {
    const known = this._open.get(channel);
    this._open.delete(channel);
    known?.closed();
  }

  /** The instrumentation is turned off. */
  release(): void {
    for (const channel of this._open.values()) channel.release();
    this._open.clear();
  }
}
