import { ValueType, type Attributes, type Context, type Counter, type Histogram, type Meter } from '@opentelemetry/api';
import {
  LEGACY_MESSAGE_OPERATION,
  METRICS,
  type AttributeWriter,
  type MessagingAttributes,
  type MetricKey,
} from './semconv';
import { isLowCardinality } from './span-name';
import type { MessagingSystem, Operation, OperationType } from './types';

/** The attributes of one series, shared by all its points. */
interface Series {
  /** With the operation type, for what several operation types record. */
  typed: Attributes;
  untyped: Attributes;
}

/** Counts and durations of a client's operations. Without a meter, or switched off, each call does nothing. */
export class MessagingMetrics {
  private _counters: Partial<Record<MetricKey, Counter>> = {};
  private _histograms: Partial<Record<MetricKey, Histogram>> = {};
  private readonly _series = new Map<string, Series>();

  constructor(
    private readonly _system: MessagingSystem<never>,
    private readonly _writer: AttributeWriter,
    private readonly _maxSeries: number,
  ) {}

  /** Makes the instruments anew: the metrics API has no proxy, and the provider may be set late. */
  setMeter(meter: Meter): void {
    this._counters = {};
    this._histograms = {};
    for (const [key, { name, vocabularies, buckets, ...options }] of Object.entries<
      (typeof METRICS)[MetricKey] & { buckets?: number[] }
    >(METRICS)) {
      if (!vocabularies.some(one => this._writer.vocabularies.includes(one))) continue;
      if (!buckets)
        this._counters[key as MetricKey] = meter.createCounter(name, { ...options, valueType: ValueType.INT });
      else
        this._histograms[key as MetricKey] = meter.createHistogram(name, {
          ...options,
          advice: { explicitBucketBoundaries: buckets },
        });
    }
  }

  /** The duration of an operation and, unless `isCounted` elsewhere, its messages. */
  recordOperation<M>(
    type: OperationType,
    operation: Operation<M>,
    durationMs: number,
    context: Context,
    outcome: Outcome,
  ): void {
    const { typed, untyped } = this._seriesOf(type, operation, outcome.errorType);
    if (type !== 'process') this._histograms.operationDuration?.record(durationMs / 1000, typed, context);
    else if (!outcome.isTimedElsewhere) {
      this._histograms.processDuration?.record(durationMs / 1000, untyped, context);
      this._histograms.legacyProcessingTime?.record(durationMs, untyped, context);
    }
    if (!outcome.isCounted) this._count(type, operation.messages.length, untyped, context);
  }

  recordQueueTime<M>(operation: Operation<M>, queueTimeMs: number, context: Context): void {
    this._histograms.queueTime?.record(queueTimeMs, this._seriesOf('process', operation).untyped, context);
  }

  private _count(type: OperationType, count: number, attributes: Attributes, context: Context): void {
    if (type === 'create' || type === 'settle') return;
    const counter = type === 'send' ? this._counters.sentMessages : this._counters.consumedMessages;
    counter?.add(count, attributes, context);
    this._counters.legacyMessages?.add(
      count,
      { ...attributes, ...this._writer.write({ operationType: LEGACY_MESSAGE_OPERATION[type] }) },
      context,
    );
  }

  /** Low-cardinality attributes, made once a series; beyond the cap all share one overflow series an operation. */
  private _seriesOf<M>(type: OperationType, operation: Operation<M>, errorType?: string): Series {
    const { name, destination, consumerGroup, server } = operation;
    const destinationName = isLowCardinality(destination) ? destination.name : undefined;
    const key = [
      type,
      name,
      destinationName,
      destination.partitionId,
      consumerGroup,
      server?.address,
      server?.port,
      errorType,
    ].join('\0');
    const known = this._series.get(key);
    if (known) return known;
    const isOverflow = this._series.size >= this._maxSeries;
    const values: MessagingAttributes = { system: this._system.name, operationName: name, errorType };
    if (!isOverflow) {
      values.destinationName = destinationName;
      values.destinationPartitionId = destination.partitionId;
      values.consumerGroupName = consumerGroup;
      values.serverAddress = server?.address;
      values.serverPort = server?.port;
    }
    const series = this._toSeries(type, values, isOverflow);
    if (!isOverflow) this._series.set(key, series);
    return series;
  }

  private _toSeries(type: OperationType, values: MessagingAttributes, isOverflow: boolean): Series {
    const untyped = this._writer.write(values, isOverflow ? { 'otel.metric.overflow': true } : {});
    return { untyped, typed: this._writer.write({ operationType: type }, { ...untyped }) };
  }
}

export interface Outcome {
  errorType?: string;
  /** The messages were counted when they were received. */
  isCounted?: boolean;
  /** Finer process operations inside this one recorded their own durations. */
  isTimedElsewhere?: boolean;
}
