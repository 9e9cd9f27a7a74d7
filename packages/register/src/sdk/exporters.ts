import type {
  LogRecordExporterConfigModel,
  PushMetricExporterConfigModel,
  SpanExporterConfigModel,
} from '@opentelemetry/configuration';
import { didYouMean, report } from '@queuetrace/messaging';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { CheckedEndpoint } from '../started';
import type { OtlpTransport } from '../otlp/transport';

const BUNDLED = ['otlp_http', 'console'];

interface Exporter {
  forceFlush?(): Promise<void>;
}

/* eslint-disable @typescript-eslint/no-require-imports -- only the exporters in use are loaded. */
const atExit = () => require('../otlp/post-at-exit') as typeof import('../otlp/post-at-exit');
const otlp = () => require('../otlp/exporters') as typeof import('../otlp/exporters');
const traces = () => require('@opentelemetry/sdk-trace') as typeof import('@opentelemetry/sdk-trace');
const metrics = () => require('@opentelemetry/sdk-metrics') as typeof import('@opentelemetry/sdk-metrics');
const logs = () => require('@opentelemetry/sdk-logs') as typeof import('@opentelemetry/sdk-logs');

/** Makes the exporters of all signals, and ends what they have under way when the process ends. */
export class Exporters {
  private readonly _made: Exporter[] = [];
  private readonly _transports: OtlpTransport[] = [];

  ofSpans(model: SpanExporterConfigModel): SpanExporter | undefined {
    if ('otlp_http' in model) return this._keep(otlp().otlpSpanExporter(model.otlp_http ?? {}));
    if ('console' in model) return this._keep([new (traces().ConsoleSpanExporter)()]);
    return unknown('tracer_provider', model);
  }

  ofMetrics(model: PushMetricExporterConfigModel): PushMetricExporter | undefined {
    if ('otlp_http' in model) return this._keep(otlp().otlpMetricExporter(model.otlp_http ?? {}));
    if ('console' in model) return this._keep([new (metrics().ConsoleMetricExporter)()]);
    return unknown('meter_provider', model);
  }

  ofLogs(model: LogRecordExporterConfigModel): LogRecordExporter | undefined {
    if ('otlp_http' in model) return this._keep(otlp().otlpLogExporter(model.otlp_http ?? {}));
    if ('console' in model) return this._keep([new (logs().ConsoleLogRecordExporter)()]);
    return unknown('logger_provider', model);
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this._made.map(exporter => exporter.forceFlush?.()));
  }

  check(): Promise<CheckedEndpoint[]> {
    return Promise.all(this._transports.map(transport => transport.check()));
  }

  lastCall(isLast: boolean): void {
    this._transports.forEach(transport => transport.lastCall(isLast));
  }

  /** Without the event loop: sends what `flush` hands over, and what had not been sent. */
  sendAtExit(flush: () => void, timeoutMs: number): void {
    this._transports.forEach(transport => transport.exiting());
    flush();
    const unsent = this._transports.flatMap(transport => transport.takeUnsent());
    if (unsent.length === 0) return;
    const problems = atExit().postAtExit(
      unsent.map(({ request }) => request),
      timeoutMs,
    );
    unsent.forEach(({ done }, index) => done(problems[index]));
  }

  giveUp(reason: string): void {
    this._transports.forEach(transport => transport.giveUp(reason));
  }

  private _keep<Made extends Exporter>([exporter, transport]: [Made, OtlpTransport?]): Made {
    this._made.push(exporter);
    if (transport) this._transports.push(transport);
    return exporter;
  }
}

function unknown(provider: string, model: object): undefined {
  const names = Object.keys(model).join(', ');
  const hint = didYouMean(names, BUNDLED);
  report(`${provider}: the exporter ${names} is not bundled; allowed: ${BUNDLED.join(', ')}. It is ignored.${hint}`);
}
