import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { exportLogsRequest, exportMetricsRequest, exportTraceRequest } from './otlp-schema';
import { logsOf, pointsOf, spansOf, type OtlpLog, type OtlpPoint, type OtlpSpan } from './otlp-telemetry';
import { becomesTrue } from './polling';
import { readMessage, type Message, type MessageType } from './protobuf';

export type { OtlpAttributes, OtlpHistogram, OtlpLink, OtlpLog, OtlpPoint, OtlpSpan } from './otlp-telemetry';

/** How exports fail: with an HTTP status, or without any answer. */
export type Failure = number | 'hang';

export interface RequestCounts {
  readonly traces: number;
  readonly metrics: number;
  readonly logs: number;
}

const WAIT_TIMEOUT_MS = 30_000;
const PROTOBUF = 'application/x-protobuf';

const messageTypes: Readonly<Record<keyof RequestCounts, MessageType>> = {
  traces: exportTraceRequest,
  metrics: exportMetricsRequest,
  logs: exportLogsRequest,
};

/** A collector for tests and the demo: OTLP/HTTP, JSON and protobuf, on a loopback port. */
export class OtlpReceiver {
  private readonly server = createServer((request, response) => void this.handle(request, response));
  private readonly received = { traces: [] as OtlpSpan[], metrics: [] as OtlpPoint[], logs: [] as OtlpLog[] };
  private readonly counts = { traces: 0, metrics: 0, logs: 0 };
  private readonly problems: string[] = [];
  private failure: Failure | undefined;

  /** What OTEL_EXPORTER_OTLP_ENDPOINT is set to. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(port = 0): Promise<this> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  /** In the order of arrival. */
  spans(): OtlpSpan[] {
    return [...this.received.traces];
  }

  /** Every point of every export, in the order of arrival: a cumulative series comes again with each export. */
  metrics(): OtlpPoint[] {
    return [...this.received.metrics];
  }

  logs(): OtlpLog[] {
    return [...this.received.logs];
  }

  /** Requests that arrived, the failed ones included. */
  requests(): RequestCounts {
    return { ...this.counts };
  }

  /** Polls until the condition holds; else fails and tells what has arrived. */
  async waitFor(condition: (receiver: this) => boolean, timeoutMs = WAIT_TIMEOUT_MS): Promise<void> {
    if (await becomesTrue(() => condition(this), timeoutMs)) return;
    const spans = this.spans().map(span => `  ${span.kind} ${span.name} (${String(span.resource['service.name'])})`);
    const metrics = new Set(this.metrics().map(point => `  ${point.name}`));
    const seen = [...spans, ...metrics, ...this.problems].join('\n') || '  (nothing)';
    throw new Error(`what was waited for did not arrive within ${timeoutMs} ms. Arrived:\n${seen}`);
  }

  /** From now on exports fail like this; undefined: they succeed again. */
  fail(failure: Failure | undefined): void {
    this.failure = failure;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const signal = /^\/v1\/(traces|metrics|logs)$/.exec(request.url ?? '')?.[1] as keyof RequestCounts | undefined;
    if (!signal || request.method !== 'POST') return answer(response, 404, request);
    this.counts[signal] += 1;
    if (this.failure === 'hang') return;
    if (this.failure !== undefined) return answer(response, this.failure, request);
    try {
      this.receive(signal, decode(request, await bodyOf(request), messageTypes[signal]));
      answer(response, 200, request);
    } catch (error) {
      this.problems.push(`  a request to ${request.url} could not be read: ${String(error)}`);
      answer(response, 400, request);
    }
  }

  private receive(signal: keyof RequestCounts, message: Message): void {
    if (signal === 'traces') this.received.traces.push(...spansOf(message));
    else if (signal === 'metrics') this.received.metrics.push(...pointsOf(message));
    else this.received.logs.push(...logsOf(message));
  }
}

export function startOtlpReceiver(port?: number): Promise<OtlpReceiver> {
  return new OtlpReceiver().start(port);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? promisify(gunzip)(body) : body;
}

function decode({ headers }: IncomingMessage, body: Buffer, type: MessageType): Message {
  if (headers['content-type']?.startsWith(PROTOBUF)) return readMessage(body, type);
  return JSON.parse(body.toString('utf8')) as Message;
}

/** An empty message is `{}` in JSON and no byte at all in protobuf. */
function answer(response: ServerResponse, status: number, { headers }: IncomingMessage): void {
  const isProtobuf = headers['content-type']?.startsWith(PROTOBUF);
  response.writeHead(status, { 'content-type': isProtobuf ? PROTOBUF : 'application/json' });
  response.end(isProtobuf ? undefined : '{}');
}
