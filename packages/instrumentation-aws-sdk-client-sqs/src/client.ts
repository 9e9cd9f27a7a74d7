import {
  guarded,
  sqsDestination,
  type ActiveOperation,
  type AwsPlace,
  type MessagingAttributes,
  type Operation,
  type Server,
} from '@queuetrace/messaging';

/** The part of an SDK client that is looked at. */
export interface SdkClient {
  readonly config?: {
    readonly serviceId?: unknown;
    readonly endpoint?: unknown;
    readonly region?: unknown;
    readonly useQueueUrlAsEndpoint?: unknown;
  };
}

/** Queues that are remembered, by client. */
const MAX_PLACES = 1000;

/** What is known of one client, by its configuration: most of it is a promise, and there long before the first answer. */
export class KnownClient {
  server?: Server;
  region?: string;
  private readonly _queues = new Map<string, AwsPlace>();
  private readonly _asksQueueUrl: boolean;

  constructor({ endpoint, region, useQueueUrlAsEndpoint }: NonNullable<SdkClient['config']>) {
    this._asksQueueUrl = typeof endpoint !== 'function' && useQueueUrlAsEndpoint !== false;
    this._learn(endpoint, found => (this.server = toServer(found)));
    this._learn(region, found => (this.region = typeof found === 'string' ? found : undefined));
  }

  /** What every operation on a queue has in common. */
  queue(queueUrl: unknown): AwsPlace {
    if (typeof queueUrl !== 'string') return this._make(queueUrl);
    let queue = this._queues.get(queueUrl);
    if (queue) return queue;
    queue = this._make(queueUrl);
    if (this._queues.size < MAX_PLACES) this._queues.set(queueUrl, queue);
    return queue;
  }

  /** A client's own endpoint, where it has one; else the SDK sends to the host of the queue's URL. */
  private _make(queueUrl: unknown): AwsPlace {
    const sqsQueueUrl = typeof queueUrl === 'string' ? queueUrl : undefined;
    const server = this._asksQueueUrl ? serverIn(sqsQueueUrl) : this.server;
    return { destination: sqsDestination(queueUrl), server, attributes: { sqsQueueUrl, cloudRegion: this.region } };
  }

  private _learn(provider: unknown, learn: (value: unknown) => void): void {
    if (typeof provider !== 'function') return;
    const known = (value: unknown) => {
      learn(value);
      this._queues.clear();
    };
    void guarded('reading a configuration', () => Promise.resolve((provider as () => unknown)()).then(known, () => {}));
  }
}

const clients = new WeakMap<object, KnownClient>();

/** What is known of a client so far. */
export function known({ config }: SdkClient): KnownClient {
  const key = config ?? NO_CONFIG;
  let client = clients.get(key);
  if (!client) clients.set(key, (client = new KnownClient(key)));
  return client;
}

const NO_CONFIG = {};

function toServer(endpoint: unknown): Server | undefined {
  const { url, ...parts } = (endpoint ?? {}) as { url?: URL; protocol?: string; hostname?: string; port?: unknown };
  const { protocol, hostname, port } = url ?? parts;
  if (!hostname) return undefined;
  return { address: hostname, port: Number(port) || (protocol === 'http:' ? 80 : 443) };
}

function serverIn(queueUrl: string | undefined): Server | undefined {
  return queueUrl !== undefined && URL.canParse(queueUrl) ? toServer({ url: new URL(queueUrl) }) : undefined;
}

interface Outcome {
  $metadata?: { requestId?: string; attempts?: number };
}

const NO_METADATA: NonNullable<Outcome['$metadata']> = {};

/** What is known of a request with its answer, or with its error. */
export function requestAttributes(
  outcome: unknown,
  cloudRegion: MessagingAttributes['cloudRegion'],
): MessagingAttributes {
  const { requestId, attempts } = (outcome as Outcome | null | undefined)?.$metadata ?? NO_METADATA;
  return { awsRequestId: requestId, retryCount: attempts && attempts > 1 ? attempts - 1 : undefined, cloudRegion };
}

/** What only the outcome says; the first operation of a client learns the server and the region on the way. */
export function tellRequest(active: ActiveOperation, { server, region }: KnownClient, outcome: unknown): void {
  const { operation }: { operation: Operation<unknown> } = active;
  operation.server ??= server;
  const isRegionLate = operation.attributes?.cloudRegion === undefined;
  active.set(requestAttributes(outcome, isRegionLate ? region : undefined));
}
