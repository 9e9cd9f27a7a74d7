import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { hasMetrics, type Mode } from './modes';

/** Collects nothing by itself, as between two exports. */
class IdleReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Modes that are compared must have as many spans. */
export interface SpanCount {
  ended: number;
}

/** All that there were, and those that have ended. */
export interface SpanLives extends SpanCount {
  started: number;
  /** Reads the metrics, as an exporter does now and then. */
  collect(): Promise<unknown>;
}

/** The SDK as an app has it, with no exporter: the price of exporting is the same for everybody. */
export function installTelemetry(mode: Mode): SpanLives {
  const reader = new IdleReader();
  const count: SpanLives = { started: 0, ended: 0, collect: async () => {} };
  if (mode === 'none') return count;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  trace.setGlobalTracerProvider(
    new TracerProvider({
      sampler:
        mode === 'ours unsampled' ? new AlwaysOffSampler() : new ParentBasedSampler({ root: new AlwaysOnSampler() }),
      spanProcessors: [
        {
          onStart: () => void count.started++,
          onEnd: () => void count.ended++,
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
    }),
  );
  if (!hasMetrics(mode)) return count;
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  count.collect = () => reader.collect();
  return count;
}
