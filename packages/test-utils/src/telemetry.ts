import { context, logs, metrics, propagation, ROOT_CONTEXT, trace, type TextMapPropagator } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOnSampler,
  TracerProvider,
  type ReadableSpan,
  type Sampler,
  type SpanLimits,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { LogRecorder, type RecordedLog } from './log-recorder';
import { MetricRecorder, type MetricPoint } from './metric-recorder';
import { becomesTrue } from './polling';
import { RegisteredInstrumentations } from './registered-instrumentations';
import { listSpans, SpanRecorder } from './span-recorder';

/** Below the timeout of mocha, so that the listing is what one sees. */
const WAIT_TIMEOUT_MS = 30_000;

export interface TracingOptions {
  readonly spanLimits?: SpanLimits;
  readonly sampler?: Sampler;
  /** Behind the one that records. */
  readonly processor?: SpanProcessor;
}

/** The one in-process telemetry of all tests. What it hands out is what was recorded since the current test began. */
class Telemetry {
  private readonly spanRecorder = new SpanRecorder();
  private readonly metricRecorder = new MetricRecorder();
  private readonly logRecorder = new LogRecorder();
  private readonly instrumentations = new RegisteredInstrumentations();
  private readonly contextManager = new AsyncLocalStorageContextManager();
  private readonly propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  });
  private installed = false;
  private unended = 0;
  private excused: RegExp[] = [];

  readonly tracerProvider = this.createTracerProvider();
  readonly meterProvider = new MeterProvider({ readers: [this.metricRecorder.reader] });
  readonly loggerProvider = this.logRecorder;

  /** Another provider whose spans are recorded here too, for tests of limits, sampling and what comes behind. */
  createTracerProvider({
    spanLimits,
    sampler = new AlwaysOnSampler(),
    processor,
  }: TracingOptions = {}): TracerProvider {
    return new TracerProvider({
      spanProcessors: [this.spanRecorder, ...(processor ? [processor] : [])],
      spanLimits: { linkCountLimit: 10_000, ...spanLimits },
      sampler,
    });
  }

  /** Registers context manager, propagator and providers globally, once. */
  install(): void {
    if (this.installed) return;
    this.installed = true;
    context.setGlobalContextManager(this.contextManager);
    propagation.setGlobalPropagator(this.propagator);
    trace.setGlobalTracerProvider(this.tracerProvider);
    metrics.setGlobalMeterProvider(this.meterProvider);
    logs.setGlobalLoggerProvider(this.loggerProvider);
  }

  /** Puts the providers in, and switches the instrumentations off at the end of the suite or test that called. */
  register<T extends readonly Instrumentation[]>(...instrumentations: T): T {
    this.install();
    for (const instrumentation of instrumentations) {
      instrumentation.setTracerProvider(this.tracerProvider);
      instrumentation.setMeterProvider(this.meterProvider);
      instrumentation.setLoggerProvider?.(this.loggerProvider);
      this.instrumentations.add(instrumentation);
    }
    return instrumentations;
  }

  /** The global propagator until the end of the current test. */
  usePropagator(propagator: TextMapPropagator): void {
    propagation.disable();
    propagation.setGlobalPropagator(propagator);
  }

  /** Finished spans, in the order in which they ended. */
  spans(): ReadableSpan[] {
    return this.spanRecorder.finishedSpans();
  }

  /** Spans that were started and not ended. */
  activeSpans(): ReadableSpan[] {
    return this.spanRecorder.openSpans();
  }

  span(name: string): ReadableSpan {
    const found = this.spans().filter(span => span.name === name);
    if (found.length === 1) return found[0];
    throw new Error(`expected one span "${name}", found ${found.length}. ${this.seen()}`);
  }

  async waitForSpans(
    expected: number | ((spans: ReadableSpan[]) => boolean),
    timeoutMs = WAIT_TIMEOUT_MS,
  ): Promise<ReadableSpan[]> {
    const enough = typeof expected === 'number' ? (spans: ReadableSpan[]) => spans.length >= expected : expected;
    if (await becomesTrue(() => enough(this.spans()), timeoutMs)) return this.spans();
    const awaited = typeof expected === 'number' ? `${expected} spans` : 'the awaited spans';
    throw new Error(`${awaited} did not end within ${timeoutMs} ms. ${this.seen()}`);
  }

  /** The points of one metric, of all scopes. */
  async metric(name: string): Promise<MetricPoint[]> {
    return (await this.metricPoints()).filter(point => point.name === name);
  }

  metricPoints(): Promise<MetricPoint[]> {
    return this.metricRecorder.points();
  }

  logRecords(): RecordedLog[] {
    return this.logRecorder.logRecords();
  }

  /** The current test leaves this many spans open, on purpose. */
  expectUnended(count: number): void {
    this.unended = count;
  }

  /** Errors against the conventions that match are all right in the current test. */
  expectConventionErrors(pattern: RegExp): void {
    this.excused.push(pattern);
  }

  /** @internal for the root hooks */
  isExcused(error: string): boolean {
    return this.excused.some(pattern => pattern.test(error));
  }

  /** @internal for the root hooks */
  beginRun(): void {
    this.install();
    this.instrumentations.beginRun();
  }

  /** @internal for the root hooks */
  async beginTest(test?: Mocha.Test): Promise<void> {
    this.unended = 0;
    this.excused = [];
    this.instrumentations.beginTest(test);
    await this.metricRecorder.begin();
    this.logRecorder.begin();
    this.spanRecorder.begin(test?.fullTitle() ?? '(a test)');
  }

  /** @internal for the root hooks */
  endTest(): void {
    this.instrumentations.endTest();
    this.spanRecorder.abandonOpenSpans();
    this.usePropagator(this.propagator);
  }

  /** Spans that are open and should not be, or were ended twice; asynchronous ends get `graceMs`. */
  async spanLifeErrors(graceMs: number): Promise<string[]> {
    const expected = this.unended;
    const settled = await becomesTrue(() => this.activeSpans().length <= expected, graceMs);
    const errors = this.spanRecorder.endedTwiceErrors();
    const open = this.activeSpans();
    if (!settled || open.length < expected) {
      errors.unshift(`expected ${expected} unended spans, found ${open.length}:\n${listSpans(open)}`);
    }
    return errors;
  }

  /** @internal for the root hooks. Must be called synchronously where the leak would be seen, to repair it as well. */
  contextLeakErrors(): string[] {
    const leaked = context.active();
    if (leaked === ROOT_CONTEXT) return [];
    // Else every later test would run in this context and fail too.
    this.contextManager.attach(ROOT_CONTEXT);
    const span = trace.getSpan(leaked) as Partial<ReadableSpan> | undefined;
    return [`the test leaked its active context${span ? ` (span "${span.name ?? 'not recording'}")` : ''}`];
  }

  private seen(): string {
    return `Ended:\n${listSpans(this.spans())}\nOpen:\n${listSpans(this.activeSpans())}`;
  }
}

export type { Telemetry };

export const telemetry = new Telemetry();
