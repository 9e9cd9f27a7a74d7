import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The part of an OTLP request that is counted. */
interface TraceRequest {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly {
      readonly scope?: { readonly name?: string };
      readonly spans?: readonly { readonly name: string }[];
    }[];
  }[];
}

/** A collector for one run: counts the spans of each instrumentation by their operation. */
export class Collector {
  private readonly _counts = new Map<string, Map<string, number>>();
  private readonly _server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') this._count(Buffer.concat(chunks).toString());
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  async start(): Promise<this> {
    this._server.listen(0, '127.0.0.1');
    await once(this._server, 'listening');
    return this;
  }

  /** In the app's environment, in place of where it sends its telemetry else. */
  get environment(): Record<string, string> {
    const { port } = this._server.address() as AddressInfo;
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    };
  }

  /** `3 send, 3 process`; undefined where there are none. */
  spansOf(instrumentation: string): string | undefined {
    const counts = this._counts.get(instrumentation);
    return counts && [...counts].map(([operation, count]) => `${count} ${operation}`).join(', ');
  }

  stop(): void {
    this._server.close();
    this._server.closeAllConnections();
  }

  private _count(text: string): void {
    const { resourceSpans = [] } = JSON.parse(text) as TraceRequest;
    for (const { scope, spans = [] } of resourceSpans.flatMap(({ scopeSpans = [] }) => scopeSpans)) {
      const counts = this._counts.get(scope?.name ?? '') ?? new Map<string, number>();
      this._counts.set(scope?.name ?? '', counts);
      for (const { name } of spans) {
        const [operation] = name.split(' ');
        counts.set(operation, (counts.get(operation) ?? 0) + 1);
      }
    }
  }
}
