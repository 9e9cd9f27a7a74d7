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

/** The SDK as an app has it, with no exporter: the price of exporting is the same for everybody. */
export function installTelemetry(mode: Mode): SpanCount {
  const count: SpanCount = { ended: 0 };
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
        { onStart() {}, onEnd: () => void count.ended++, forceFlush: async () => {}, shutdown: async () => {} },
      ],
    }),
  );
  if (hasMetrics(mode)) metrics.setGlobalMeterProvider(new MeterProvider({ readers: [new IdleReader()] }));
  return count;
}
