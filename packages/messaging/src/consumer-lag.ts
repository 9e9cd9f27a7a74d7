import type { Attributes, ObservableGauge, ObservableResult } from '@opentelemetry/api';
import { METRICS } from './semconv';
import type { TelemetryCore } from './telemetry-core';

interface Point {
  messages: number;
  attributes: Attributes;
}

/** How far consumers are behind, told when metrics are collected. The instrument is made with the first consumer. */
export class LagGauge {
  private readonly _lags = new Set<ConsumerLag>();
  private _core?: TelemetryCore<never>;
  private _gauge?: ObservableGauge;
  private readonly _observe = (result: ObservableResult) => {
    for (const lag of this._lags) lag.observe(result);
  };

  /** Begins anew with the configuration and the meter that there are now. */
  watch(core: TelemetryCore<never>): void {
    this._core = core;
    this._gauge?.removeCallback(this._observe);
    this._gauge = undefined;
    if (this._lags.size > 0) this._start();
  }

  /** Of one consumer; it is kept while it has points. */
  of(consumerGroup: string): ConsumerLag {
    return new ConsumerLag(consumerGroup, this, () => this._core);
  }

  /** Nobody tells any more. */
  clear(): void {
    for (const lag of this._lags) lag.retain();
  }

  keep(lag: ConsumerLag, hasPoints: boolean): void {
    if (!hasPoints) this._lags.delete(lag);
    else if (this._lags.add(lag) && !this._gauge) this._start();
  }

  private _start(): void {
    const { name, unit, description } = METRICS.consumerLag;
    this._gauge = this._core?.meter?.createObservableGauge(name, { unit, description });
    this._gauge?.addCallback(this._observe);
  }
}

/** The lag of one consumer, by topic and partition, while they are its own. */
export class ConsumerLag {
  private readonly _points = new Map<string, Point>();

  constructor(
    private readonly _consumerGroup: string,
    private readonly _gauge: LagGauge,
    private readonly _core: () => TelemetryCore<never> | undefined,
  ) {}

  /** @param messages in the partition and not yet handled */
  set(topic: string, partition: number, messages: number): void {
    const core = this._core();
    if (!core?.config.metrics || !(messages >= 0)) return;
    const key = keyOf(topic, partition);
    const known = this._points.get(key);
    if (known) known.messages = messages;
    else if (this._points.size < core.config.maxDestinations) {
      const attributes = core.writer.write({
        system: core.system.name,
        destinationName: topic,
        destinationPartitionId: String(partition),
        consumerGroupName: this._consumerGroup,
      });
      this._points.set(key, { messages, attributes });
    }
    this._gauge.keep(this, true);
  }

  /** Forgets what is not assigned any more; without an assignment, everything. */
  retain(assignment: Readonly<Record<string, readonly number[]>> = {}): void {
    const assigned = Object.entries(assignment).flatMap(([topic, partitions]) =>
      partitions.map(partition => keyOf(topic, partition)),
    );
    const kept = new Set(assigned);
    for (const key of this._points.keys()) if (!kept.has(key)) this._points.delete(key);
    this._gauge.keep(this, this._points.size > 0);
  }

  observe(result: ObservableResult): void {
    for (const { messages, attributes } of this._points.values()) result.observe(messages, attributes);
  }
}

const keyOf = (topic: string, partition: number) => `${topic}\0${partition}`;
