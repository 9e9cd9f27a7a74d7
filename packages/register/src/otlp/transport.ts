import type { ExportResponse, IExporterTransport } from '@opentelemetry/otlp-exporter-base';
import { report, state } from '@queuetrace/messaging';
import type { CheckedEndpoint } from '../started';
import { post, type Failure, type OtlpEndpoint } from './request';

const MAX_ATTEMPTS = 6;
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 5_000;
const CHECK_TIMEOUT_MS = 5_000;

/**
 * Sends export requests, again after a wait where that makes sense. In place of the exporters' own transport, since a
 * process that ends must be able to stop the waits and to give the requests up; nobody is told of lost telemetry there.
 */
export class OtlpTransport implements IExporterTransport {
  private readonly _ongoing = new Set<AbortController>();
  private readonly _waiting = new Set<() => void>();
  private _isLastCall = false;

  constructor(private readonly _endpoint: OtlpEndpoint) {}

  async send(data: Uint8Array, timeoutMs: number): Promise<ExportResponse> {
    const ending = new AbortController();
    this._ongoing.add(ending);
    const response = await this._attempts(data, performance.now() + timeoutMs, ending.signal);
    this._ongoing.delete(ending);
    if (response.status !== 'success') this._report(response);
    return response;
  }

  /** Nothing, as an export request, is the empty message of protobuf; a retry would not make it truer. */
  async check(): Promise<CheckedEndpoint> {
    const { origin, pathname } = new URL(this._endpoint.url);
    const isJson = this._endpoint.headers['content-type'] === 'application/json';
    const nothing = Buffer.from(isJson ? '{}' : '');
    const response = await post(this._endpoint, nothing, CHECK_TIMEOUT_MS, new AbortController().signal);
    const problem = response.status === 'success' ? undefined : reasonOf((response as Failure).error);
    return { url: origin + pathname, problem };
  }

  /** The process ends: who refuses the connection now is not asked again. */
  lastCall(isLast: boolean): void {
    this._isLastCall = isLast;
    if (isLast) this._waiting.forEach(stop => stop());
  }

  /** What is under way fails now. */
  giveUp(reason: string): void {
    this._ongoing.forEach(ending => ending.abort(new Error(reason)));
    this._waiting.forEach(stop => stop());
  }

  shutdown(): void {}

  private async _attempts(data: Uint8Array, deadline: number, signal: AbortSignal): Promise<ExportResponse | Failure> {
    for (let attempt = 1; ; attempt++) {
      const response = await post(this._endpoint, data, Math.max(1, Math.round(deadline - performance.now())), signal);
      if (response.status !== 'retryable') return response;
      if (signal.aborted) return { status: 'failure', error: signal.reason as Error };
      const waitMs = response.retryInMillis ?? waitBefore(attempt);
      const isLate = performance.now() + waitMs > deadline;
      if (isLate || this._isLastCall || attempt === MAX_ATTEMPTS) return response;
      await this._wait(waitMs);
    }
  }

  private _wait(ms: number): Promise<void> {
    return new Promise(resolve => {
      const stop = () => {
        clearTimeout(timer);
        this._waiting.delete(stop);
        resolve();
      };
      const timer = setTimeout(stop, ms);
      this._waiting.add(stop);
    });
  }

  private _report({ error }: { error?: Error }): void {
    const { origin, port } = new URL(this._endpoint.url);
    const hint = port === '4317' ? ' Port 4317 is usually for gRPC, 4318 for HTTP.' : '';
    const where = state.file ? 'endpoint in OTEL_CONFIG_FILE' : 'OTEL_EXPORTER_OTLP_ENDPOINT';
    report(`the collector at ${origin} does not take the telemetry (${reasonOf(error)}); ${where} is where.${hint}`);
  }
}

function reasonOf(error: NodeJS.ErrnoException | undefined): string {
  return error?.message || error?.code || 'no answer';
}

/** Longer each time, and not at the same moment as everybody else. */
function waitBefore(attempt: number): number {
  const ms = FIRST_WAIT_MS * 1.5 ** (attempt - 1) * (0.8 + Math.random() * 0.4);
  return Math.min(ms, MAX_WAIT_MS);
}
