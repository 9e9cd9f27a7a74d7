import type { ConfigurationModel } from '@opentelemetry/configuration';
import type { LoggerProvider } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import type { CheckedEndpoint } from '../started';
import { Exporters } from './exporters';
import { resourceOf } from './resource';
import { tracerProviderOf } from './traces';

/* eslint-disable @typescript-eslint/no-require-imports -- only the signals in use are loaded. */
const metrics = () => require('./metrics') as typeof import('./metrics');
const logs = () => require('./logs') as typeof import('./logs');

interface Flushable {
  forceFlush(): Promise<void>;
}

/** The providers of all signals. */
export class Sdk {
  readonly tracerProvider;
  readonly meterProvider;
  readonly loggerProvider: (LoggerProvider & Flushable) | undefined;
  private readonly _resource: Resource;
  private readonly _exporters = new Exporters();
  private readonly _endedSpans = new EndedSpans();

  constructor(model: ConfigurationModel) {
    const resource = (this._resource = resourceOf(model.resource ?? {}));
    // Asked for now, so that an export at exit need not wait for it.
    void resource.waitForAsyncAttributes?.();
    const { tracer_provider = { processors: [] }, meter_provider, logger_provider } = model;
    this.tracerProvider = tracerProviderOf(tracer_provider, resource, this._exporters, this._endedSpans);
    this.meterProvider = meter_provider && metrics().meterProviderOf(meter_provider, resource, this._exporters);
    this.loggerProvider = logger_provider && logs().loggerProviderOf(logger_provider, resource, this._exporters);
  }

  /** How many spans have ended so far. */
  get endedSpans(): number {
    return this._endedSpans.count;
  }

  /** Whether the collectors take telemetry: each is sent a request with nothing in it. */
  checkExporters(): Promise<CheckedEndpoint[]> {
    return this._exporters.check();
  }

  /** Sends what there is; what has not arrived within the time is given up. */
  async flush(timeoutMs: number): Promise<void> {
    this._exporters.lastCall(true);
    const timer = setTimeout(() => this._exporters.giveUp(`no answer within ${timeoutMs} ms`), timeoutMs);
    // The one timer that keeps the process alive.
    timer.ref();
    const providers: (Flushable | undefined)[] = [this.tracerProvider, this.meterProvider, this.loggerProvider];
    await Promise.allSettled(providers.map(provider => provider?.forceFlush()));
    await this._exporters.settled();
    clearTimeout(timer);
    this._exporters.lastCall(false);
  }

  /** At the event `exit`, where nothing asynchronous happens any more. Metrics are collected asynchronously: not those. */
  flushAtExit(timeoutMs: number): void {
    if (timeoutMs === 0) return;
    // What has not been detected by now is left out: an export that waits for it would never come.
    Object.defineProperty(this._resource, 'asyncAttributesPending', { value: false });
    const providers: (Flushable | undefined)[] = [this.tracerProvider, this.loggerProvider];
    const flush = () => providers.forEach(provider => provider?.forceFlush().catch(() => {}));
    this._exporters.sendAtExit(flush, timeoutMs);
  }
}

class EndedSpans implements SpanProcessor {
  count = 0;

  onEnd(): void {
    this.count += 1;
  }

  onStart(): void {}
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}
