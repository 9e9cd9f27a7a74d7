import { clusterIdOf, guarded, type KafkaMessage, type MessagingTelemetry, type Wrap } from '@queuetrace/messaging';
import type { Consumer, Producer, RequestEvent } from 'kafkajs';

/** A producer or consumer does not say who it is before it has talked to a broker: its first request does. */
export class TracedClient {
  private _clientId?: string;
  private _broker = '';
  private _known: { clientId?: string; consumerGroup?: string; attributes: { kafkaClusterId?: string } };

  constructor(
    readonly client: Producer | Consumer,
    readonly telemetry: MessagingTelemetry<KafkaMessage>,
    readonly wrap: Wrap,
    readonly consumerGroup?: string,
  ) {
    this._known = { consumerGroup, attributes: {} };
    const on = client?.on as ((event: string, listener: (event: RequestEvent) => void) => () => void) | undefined;
    guarded('listening for requests', () => {
      const stop = on?.(client.events.REQUEST, ({ payload }) => {
        this._clientId = payload.clientId;
        this._broker = payload.broker;
        stop?.();
      });
    });
  }

  /** What is true of all operations of the client, as far as it is known; the same object until more is known. */
  get known() {
    const kafkaClusterId = clusterIdOf(this._broker);
    const { clientId, attributes } = this._known;
    if (clientId !== this._clientId || attributes.kafkaClusterId !== kafkaClusterId) {
      this._known = { clientId: this._clientId, consumerGroup: this.consumerGroup, attributes: { kafkaClusterId } };
    }
    return this._known;
  }
}
