import { ValueType, type Attributes, type Context, type Histogram, type Meter } from '@opentelemetry/api';
import { METRICS, type MetricKey, type MetricName, type Vocabulary } from './semconv';
import type { Series, SeriesTable } from './series';
import { Sum } from './sum';
import type { Operation, OperationType } from './types';

/**
 * Counts and durations of a client's operations. What is counted is kept until a meter asks, whenever there is one;
 * durations are recorded while there is.
 */
export class MessagingMetrics {
  private readonly _sums: Partial<Record<MetricKey, Sum>> = {};
  private _histograms: Partial<Record<MetricKey, Histogram>> = {};
  private _meter?: Meter;
  /** Whether there is a meter that takes what is recorded. */
  isOn = false;

  constructor(
    private readonly _series: SeriesTable,
    private readonly _vocabularies: readonly Vocabulary[],
  ) {
    for (const [key, { isObserved, buckets }] of this._told()) {
      if (!isObserved && !buckets) this._sums[key] = new Sum();
    }
  }

  /** As the last configuration says. */
  capSeries(max: number): void {
    this._series.maxSeries = max;
  }

  /** Makes the instruments anew: the metrics API has no proxy, and the provider may be set late. */
  setMeter(meter: Meter): void {
    if (meter === this._meter) return;
    this.stop();
    this._meter = meter;
    for (const [key, { name, unit, description, buckets, isUpDown }] of this._told()) {
      const options = { unit, description };
      const sum = this._sums[key];
      if (sum) {
        const integer = { ...options, valueType: ValueType.INT };
        const create = isUpDown ? 'createObservableUpDownCounter' : 'createObservableCounter';
        sum.toldBy(meter[create](name, integer));
      } else if (buckets) {
        this._histograms[key] = meter.createHistogram(name, {
          ...options,
          advice: { explicitBucketBoundaries: buckets },
        });
      }
    }
    this.isOn = !this._isNoop();
    if (!this.isOn) this._histograms = {};
  }

  /** Nobody is told any more; what was counted is kept for the next meter. */
  stop(): void {
    for (const sum of Object.values(this._sums)) sum.toldBy(undefined);
    this._histograms = {};
    this._meter = undefined;
    this.isOn = false;
  }

  /** The duration of an operation and its messages, where they are known. */
  recordOperation<M>(
    type: OperationType,
    operation: Operation<M>,
    durationMs: number | undefined,
    context: Context,
    outcome: Outcome,
  ): void {
    const known = outcome.errorType === undefined ? outcome.series : undefined;
    const series = known ?? this._series.of(type, operation, outcome.errorType);
    if (durationMs !== undefined && !outcome.isTimedElsewhere) this._recordDuration(type, durationMs, series, context);
    if (outcome.messageCount !== undefined) this._count(type, outcome.messageCount, series);
  }

  recordClientEvent(attributes: Attributes): void {
    this._sums.clientEvents?.addTo(attributes, 1);
  }

  recordDropped(attributes: Attributes): void {
    this._sums.droppedMemories?.addTo(attributes, 1);
  }

  /** @returns the series of the operation, for the end of it */
  startInFlight<M>(operation: Operation<M>): Series {
    const series = this._series.of('process', operation);
    this._sums.inFlightMessages?.add(series.untyped, operation.messages.length);
    return series;
  }

  endInFlight(messageCount: number, { untyped }: Series): void {
    this._sums.inFlightMessages?.add(untyped, -messageCount);
  }

  /** A message with a past: delivered before, or a dead letter. */
  countStory<M>(
    story: 'redeliveredMessages' | 'deadLetteredMessages',
    type: OperationType,
    operation: Operation<M>,
    count: number,
  ): void {
    if (count > 0) this._sums[story]?.add(this._series.of(type, operation).untyped, count);
  }

  countSkewed<M>(operation: Operation<M>): void {
    this._sums.skewedQueueTimes?.add(this._series.of('process', operation).untyped, 1);
  }

  recordQueueTime<M>(operation: Operation<M>, queueTimeMs: number, context: Context): void {
    this._histograms.queueTime?.record(queueTimeMs, this._series.of('process', operation).waiting, context);
  }

  /** The metrics of the vocabularies that are on. */
  private _told(): [MetricKey, MetricName][] {
    return (Object.entries(METRICS) as [MetricKey, MetricName][]).filter(([, { vocabularies }]) =>
      vocabularies.some(one => this._vocabularies.includes(one)),
    );
  }

  /** Without a provider the API gives one and the same instrument for all names. */
  private _isNoop(): boolean {
    return new Set(Object.values(this._histograms)).size <= 1;
  }

  private _recordDuration(type: OperationType, ms: number, { typed, untyped, legacy }: Series, context: Context): void {
    if (type !== 'process') return this._histograms.operationDuration?.record(ms / 1000, typed, context);
    this._histograms.processDuration?.record(ms / 1000, untyped, context);
    this._histograms.legacyProcessingTime?.record(ms, legacy, context);
  }

  private _count(type: OperationType, count: number, { untyped, legacy }: Series): void {
    if (type === 'create' || type === 'settle') return;
    // Not by a computed key, which V8 looks up anew each time where there are several.
    const messages = type === 'send' ? this._sums.sentMessages : this._sums.consumedMessages;
    messages?.add(untyped, count);
    this._sums.legacyMessages?.add(legacy, count);
  }
}

export interface Outcome {
  errorType?: string;
  /** Of the operation, where it is known and nothing has failed. */
  series?: Series;
  /** Undefined where they were counted when they were received. */
  messageCount?: number;
  /** Finer process operations inside this one recorded their own durations. */
  isTimedElsewhere?: boolean;
}
