import type { ExportResponse, IExporterTransport } from '@opentelemetry/otlp-exporter-base';
import { report, state } from '@queuetrace/messaging';
import type { CheckedEndpoint } from '../started';
import type { LastRequest } from './post-at-exit';
import { post, type Failure, type OtlpEndpoint } from './request';

const MAX_ATTEMPTS = 6;
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 5_000;
const CHECK_TIMEOUT_MS = 5_000;

interface Ongoing {
  readonly data: Uint8Array;
  readonly ending: AbortController;
  /** It is with the operating system: whether or not there was an answer, it is not to be sent again. */
  isSent: boolean;
}

/**
 * Sends export requests, again after a wait where that makes sense. In place of the exporters' own transport, since a
 * process that ends must be able to stop the waits and to give the requests up; nobody is told of lost telemetry there.
 */
export class OtlpTransport implements IExporterTransport {
  private readonly _ongoing = new Set<Ongoing>();
  private readonly _waiting = new Set<() => void>();
  private _isLastCall = false;
  private _isExiting = false;

  constructor(private readonly _endpoint: OtlpEndpoint) {}

  async send(data: Uint8Array, timeoutMs: number): Promise<ExportResponse> {
    const ongoing: Ongoing = { data, ending: new AbortController(), isSent: false };
    this._ongoing.add(ongoing);
    // Nothing that is waited for would come any more.
    if (this._isExiting) return new Promise(() => {});
    const response = await this._attempts(ongoing, performance.now() + timeoutMs);
    this._ongoing.delete(ongoing);
    if (response.status !== 'success') this._report(reasonOf((response as Failure).error));
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
    this._ongoing.forEach(({ ending }) => ending.abort(new Error(reason)));
    this._waiting.forEach(stop => stop());
  }

  /** The process exits: what is to be sent from now on is kept for `takeUnsent`. */
  exiting(): void {
    this._isExiting = true;
  }

  /** What has not been sent, with what to do when it has been, or has failed. */
  takeUnsent(): { request: LastRequest; done(problem?: string): void }[] {
    const unsent = [...this._ongoing].filter(({ isSent }) => !isSent);
    return unsent.map(({ data }) => ({
      request: { endpoint: this._endpoint, data },
      done: problem => {
        if (problem) this._report(problem);
      },
    }));
  }

  shutdown(): void {}

  private async _attempts(ongoing: Ongoing, deadline: number): Promise<ExportResponse | Failure> {
    const { data, ending } = ongoing;
    const { signal } = ending;
    const onSent = () => (ongoing.isSent = true);
    for (let attempt = 1; ; attempt++) {
      const timeoutMs = Math.max(1, Math.round(deadline - performance.now()));
      const response = await post(this._endpoint, data, timeoutMs, signal, onSent);
      ongoing.isSent = response.status === 'success';
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

  private _report(reason: string): void {
    const { origin, port } = new URL(this._endpoint.url);
    const hint = port === '4317' ? ' Port 4317 is usually for gRPC, 4318 for HTTP.' : '';
    const where = state.file ? 'endpoint in OTEL_CONFIG_FILE' : 'OTEL_EXPORTER_OTLP_ENDPOINT';
    report(`the collector at ${origin} does not take the telemetry (${reason}); ${where} is where.${hint}`);
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
