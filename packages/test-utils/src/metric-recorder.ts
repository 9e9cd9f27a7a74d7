import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  MetricReader,
  type DataPoint,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';

export type MetricType = 'counter' | 'up_down_counter' | 'gauge' | 'histogram';

/** What one series of an instrument has recorded since the test began. */
export interface MetricPoint {
  readonly name: string;
  readonly unit: string;
  readonly type: MetricType;
  /** Name of the instrumentation scope. */
  readonly scope: string;
  readonly attributes: Attributes;
  /** Counters: what was added; gauges: the last value; histograms: the sum. */
  readonly value: number;
  /** Histograms only. */
  readonly count?: number;
  readonly min?: number;
  readonly max?: number;
  readonly boundaries?: number[];
  readonly bucketCounts?: number[];
}

class DeltaReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }

  protected async onForceFlush(): Promise<void> {}

  protected async onShutdown(): Promise<void> {}
}

/** Sums up, per test, what a pull reader hands out as deltas. */
export class MetricRecorder {
  readonly reader = new DeltaReader();
  private readonly series = new Map<string, MetricPoint>();
  /** The series of the tests before. */
  private readonly earlier = new Set<string>();

  async begin(): Promise<void> {
    await this.points();
    for (const key of this.series.keys()) this.earlier.add(key);
    this.series.clear();
  }

  async points(): Promise<MetricPoint[]> {
    const { resourceMetrics } = await this.reader.collect();
    for (const { scope, metrics } of resourceMetrics.scopeMetrics) {
      for (const metric of metrics) this.add(scope.name, metric);
    }
    return [...this.series.values()];
  }

  private add(scope: string, metric: MetricData): void {
    for (const point of metricPoints(scope, metric)) {
      const key = seriesKey(point);
      // A sum that is observed has a point whether or not something was added since the last time.
      if (isSum(point) && point.value === 0 && (point.type === 'counter' || this.earlier.has(key))) continue;
      const before = this.series.get(key);
      this.series.set(key, before ? merged(before, point) : point);
    }
  }
}

const isSum = ({ type }: MetricPoint) => type === 'counter' || type === 'up_down_counter';

function metricPoints(scope: string, metric: MetricData): MetricPoint[] {
  const { name, unit } = metric.descriptor;
  switch (metric.dataPointType) {
    case DataPointType.SUM: {
      const type = metric.isMonotonic ? 'counter' : 'up_down_counter';
      return metric.dataPoints.map(({ attributes, value }) => ({ name, unit, type, scope, attributes, value }));
    }
    case DataPointType.GAUGE:
      return metric.dataPoints.map(({ attributes, value }) => ({
        name,
        unit,
        type: 'gauge',
        scope,
        attributes,
        value,
      }));
    case DataPointType.HISTOGRAM:
      return metric.dataPoints.map(point => ({ name, unit, type: 'histogram', scope, ...histogramValues(point) }));
    default:
      return [];
  }
}

function histogramValues({ attributes, value }: DataPoint<Histogram>) {
  const { boundaries, counts } = value.buckets;
  const { count, min, max, sum } = value;
  return { attributes, value: sum ?? 0, count, min, max, boundaries: [...boundaries], bucketCounts: [...counts] };
}

function seriesKey({ scope, name, attributes }: MetricPoint): string {
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([scope, name, sorted]);
}

function merged(before: MetricPoint, now: MetricPoint): MetricPoint {
  if (now.type === 'gauge') return now;
  const value = before.value + now.value;
  if (now.type !== 'histogram') return { ...now, value };
  return {
    ...now,
    value,
    count: (before.count ?? 0) + (now.count ?? 0),
    min: Math.min(before.min ?? Infinity, now.min ?? Infinity),
    max: Math.max(before.max ?? -Infinity, now.max ?? -Infinity),
    bucketCounts: now.bucketCounts?.map((count, index) => count + (before.bucketCounts?.[index] ?? 0)),
  };
}
