import {
  guarded,
  sqsDestination,
  type Destination,
  type MessagingAttributes,
  type Server,
} from '@queuetrace/messaging';
import type { Answer, Client } from './request';

interface Queue {
  destination: Destination;
  server?: Server;
  attributes: MessagingAttributes;
}

/** What every operation on a queue has in common. */
export function queueOf(client: Client, queueUrl: unknown): Queue {
  return {
    destination: sqsDestination(queueUrl),
    server: serverOf(client, queueUrl),
    attributes: { sqsQueueUrl: typeof queueUrl === 'string' ? queueUrl : undefined },
  };
}

const endpoints = new WeakMap<object, Server | undefined>();

/** A client's own endpoint, where it has one; else the SDK sends to the host of the queue's URL. */
export function serverOf({ config }: Client, queueUrl: unknown): Server | undefined {
  if (typeof config?.endpoint !== 'function') return typeof queueUrl === 'string' ? fromUrl(queueUrl) : undefined;
  if (!endpoints.has(config)) {
    endpoints.set(config, undefined);
    // What the client was configured with is a promise: it is there long before the first answer.
    void guarded('reading an endpoint', () =>
      Promise.resolve((config as { endpoint(): unknown }).endpoint()).then(
        endpoint => endpoints.set(config, toServer(endpoint)),
        () => {},
      ),
    );
  }
  return endpoints.get(config);
}

function toServer(endpoint: unknown): Server | undefined {
  const { url, ...parts } = (endpoint ?? {}) as { url?: URL; protocol?: string; hostname?: string; port?: unknown };
  const { protocol, hostname, port } = url ?? parts;
  if (!hostname) return undefined;
  return { address: hostname, port: Number(port) || (protocol === 'http:' ? 80 : 443) };
}

function fromUrl(queueUrl: string): Server | undefined {
  return URL.canParse(queueUrl) ? toServer({ url: new URL(queueUrl) }) : undefined;
}

/** What the SDK says of a request with its answer, or with its error. */
export function requestAttributes(outcome: unknown): MessagingAttributes {
  const { requestId, attempts } = (outcome as Answer | null | undefined)?.$metadata ?? {};
  return { awsRequestId: requestId, retryCount: attempts && attempts > 1 ? attempts - 1 : undefined };
}
