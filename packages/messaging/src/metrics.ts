import {
  ValueType,
  type Attributes,
  type Context,
  type Counter,
  type Histogram,
  type Meter,
  type UpDownCounter,
} from '@opentelemetry/api';
import { METRICS, type MetricKey, type Vocabulary } from './semconv';
import type { Series, SeriesTable } from './series';
import type { StoryCounts } from './story';
import type { Operation, OperationType } from './types';

/** Counts and durations of a client's operations. Without a meter, or switched off, each call does nothing. */
export class MessagingMetrics {
  private _counters: Partial<Record<MetricKey, Counter>> = {};
  private _histograms: Partial<Record<MetricKey, Histogram>> = {};
  private _inFlight?: UpDownCounter;
  /** Whether there is a meter that takes what is recorded. */
  isOn = false;

  constructor(
    private readonly _series: SeriesTable,
    private readonly _vocabularies: readonly Vocabulary[],
  ) {}

  /** Makes the instruments anew: the metrics API has no proxy, and the provider may be set late. */
  setMeter(meter: Meter): void {
    this._forgetInstruments();
    for (const [key, { name, vocabularies, buckets, isObserved, isUpDown, ...options }] of Object.entries<
      (typeof METRICS)[MetricKey] & { buckets?: number[]; isObserved?: boolean; isUpDown?: boolean }
    >(METRICS)) {
      if (isObserved || !vocabularies.some(one => this._vocabularies.includes(one))) continue;
      if (isUpDown) this._inFlight = meter.createUpDownCounter(name, { ...options, valueType: ValueType.INT });
      else if (!buckets)
        this._counters[key as MetricKey] = meter.createCounter(name, { ...options, valueType: ValueType.INT });
      else
        this._histograms[key as MetricKey] = meter.createHistogram(name, {
          ...options,
          advice: { explicitBucketBoundaries: buckets },
        });
    }
    this.isOn = !this._isNoop();
    if (!this.isOn) this._forgetInstruments();
  }

  /** The duration of an operation and, unless `isCounted` elsewhere, its messages. */
  recordOperation<M>(
    type: OperationType,
    operation: Operation<M>,
    durationMs: number,
    context: Context,
    outcome: Outcome,
  ): void {
    if (!this.isOn) return;
    const series = this._series.of(type, operation, outcome.errorType);
    const { typed, untyped, legacy } = series;
    if (type !== 'process') this._histograms.operationDuration?.record(durationMs / 1000, typed, context);
    else if (!outcome.isTimedElsewhere) {
      this._histograms.processDuration?.record(durationMs / 1000, untyped, context);
      this._histograms.legacyProcessingTime?.record(durationMs, legacy, context);
    }
    if (!outcome.isCounted) this._count(type, operation.messages.length, series, context);
  }

  recordClientEvent(attributes: Attributes): void {
    this._counters.clientEvents?.add(1, attributes);
  }

  recordDropped(attributes: Attributes): void {
    this._counters.droppedMemories?.add(1, attributes);
  }

  /** @returns to be called when the messages are no longer in flight */
  startInFlight<M>(operation: Operation<M>): (() => void) | undefined {
    const inFlight = this._inFlight;
    if (!inFlight) return undefined;
    const { untyped } = this._series.of('process', operation);
    const count = operation.messages.length;
    inFlight.add(count, untyped);
    // The instrument that has counted them counts them back, whatever meter there is by then.
    return () => inFlight.add(-count, untyped);
  }

  /** A message with a past: delivered before, or a dead letter. */
  countStory<M>(story: keyof StoryCounts, type: OperationType, operation: Operation<M>, count: number): void {
    if (count > 0) this._counters[story]?.add(count, this._series.of(type, operation).untyped);
  }

  /** Those of a process operation. */
  countStories<M>(counts: StoryCounts, operation: Operation<M>): void {
    this.countStory('redeliveredMessages', 'process', operation, counts.redeliveredMessages);
    this.countStory('deadLetteredMessages', 'process', operation, counts.deadLetteredMessages);
  }

  countSkewed<M>(operation: Operation<M>): void {
    this._counters.skewedQueueTimes?.add(1, this._series.of('process', operation).untyped);
  }

  recordQueueTime<M>(operation: Operation<M>, queueTimeMs: number, context: Context): void {
    this._histograms.queueTime?.record(queueTimeMs, this._series.of('process', operation).untyped, context);
  }

  private _forgetInstruments(): void {
    this._counters = {};
    this._histograms = {};
    this._inFlight = undefined;
  }

  /** Without a provider the API gives one and the same instrument for all names: then there is nothing to work out. */
  private _isNoop(): boolean {
    return [this._counters, this._histograms].every(instruments => new Set(Object.values(instruments)).size <= 1);
  }

  private _count(type: OperationType, count: number, { untyped, legacy }: Series, context: Context): void {
    if (type === 'create' || type === 'settle') return;
    const counter = type === 'send' ? this._counters.sentMessages : this._counters.consumedMessages;
    counter?.add(count, untyped, context);
    this._counters.legacyMessages?.add(count, legacy, context);
  }
}

export interface Outcome {
  errorType?: string;
  /** The messages were counted when they were received. */
  isCounted?: boolean;
  /** Finer process operations inside this one recorded their own durations. */
  isTimedElsewhere?: boolean;
}
