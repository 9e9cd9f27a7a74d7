import { guarded, type Advice, type KafkaMessage, type Operation } from '@queuetrace/messaging';
import type { Consumer, Producer, RequestEvent } from 'kafkajs';

type KafkaClient = Producer | Consumer;
/** What is true of all operations of a client. */
type Facts = Pick<Operation<KafkaMessage>, 'clientId' | 'consumerGroup' | 'attributes'>;

const MAX_BROKERS = 1000;
/** By host and port, from the answers to the library's own Metadata requests. */
const clusterIds = new Map<string, string>();

/** A producer or consumer does not say who it is before it has talked to a broker: its first request does. */
export class ClientFacts {
  private _clientId?: string;
  private _broker = '';

  constructor(
    client: KafkaClient,
    private readonly _consumerGroup?: string,
  ) {
    const on = client?.on as ((event: string, listener: (event: RequestEvent) => void) => () => void) | undefined;
    guarded('listening for requests', () => {
      const stop = on?.(client.events.REQUEST, ({ payload }) => {
        this._clientId = payload.clientId;
        this._broker = payload.broker;
        stop?.();
      });
    });
  }

  get known(): Facts {
    const attributes = { kafkaClusterId: clusterIds.get(this._broker) };
    return { clientId: this._clientId, consumerGroup: this._consumerGroup, attributes };
  }
}

interface Metadata {
  /** From version 2 of the request. */
  clusterId?: string;
  brokers: { host: string; port: number }[];
}

/** Around a Metadata request of the library's: what it is answered names the cluster. */
export const toldByMetadata: Advice = (call, _args, { brokerAddress }: { brokerAddress: string }) =>
  (call() as Promise<Metadata>).then(answer => {
    guarded('reading metadata', () => {
      const { clusterId, brokers } = answer;
      if (!clusterId || clusterIds.size > MAX_BROKERS) return;
      // The bootstrap address need not be one that the cluster tells.
      clusterIds.set(brokerAddress, clusterId);
      for (const { host, port } of brokers) clusterIds.set(`${host}:${port}`, clusterId);
    });
    return answer;
  });
