import {
  INVALID_SPAN_CONTEXT,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Meter,
  type Span,
  SpanKind,
  type Tracer,
} from '@opentelemetry/api';
import { ActiveOperation, type Started } from './active-operation';
import type { Attempt } from './attempt';
import { headerAttributes, messageAttributes } from './attributes';
import type { ResolvedConfig } from './config';
import { exceptionRecorder, type EventLogger, type RecordException } from './exceptions';
import { guarded } from './guarded';
import { MessagingMetrics } from './metrics';
import { matcher } from './options';
import { AttributeWriter, type MessagingAttributes } from './semconv';
import { RecentMap } from './recent-map';
import { SeriesTable } from './series';
import { spanName } from './span-name';
import { StableAttributes } from './stable-attributes';
import type { MessagingSystem, Operation, OperationType } from './types';

/** Where spans, metrics and log records go; each may be exchanged at any time. */
export interface TelemetrySource {
  tracer(): Tracer;
  logger(): EventLogger | undefined;
  meter(): Meter | undefined;
}

/** The point in time at which an operation began, for a span that can only be made afterwards. */
export interface StartTime {
  date: Date;
  /** As `performance.now()`. */
  monotonicMs: number;
}

export const now = (): StartTime => ({ date: new Date(), monotonicMs: performance.now() });

interface Start<M> {
  type: OperationType;
  operation: Operation<M>;
  kind: SpanKind;
  parent: Context;
  links?: Link[];
  attributes?: MessagingAttributes;
  startTime?: StartTime;
  isCounted?: boolean;
  onEnd?: Started<M>['onEnd'];
  /** Metrics and no span. */
  isSpanless?: boolean;
}

/** Starts spans as one configuration says. A new configuration makes a new core. */
export class TelemetryCore<M = unknown> {
  readonly writer: AttributeWriter;
  readonly metrics: MessagingMetrics | undefined;
  readonly recordException: RecordException;
  readonly isIgnored: (destination: string) => boolean;
  readonly isDeadLetterDestination: (destination: string) => boolean;
  readonly isRetryDestination: (destination: string) => boolean;
  /** The last attempt at each message that may come again, by the message's identity. */
  readonly attempts: RecentMap<Attempt>;
  private readonly _stable: StableAttributes;
  private readonly _capturesHeaders: boolean;
  private readonly _isCaptured: (header: string) => boolean;

  constructor(
    readonly system: MessagingSystem<M>,
    readonly config: ResolvedConfig,
    private readonly _source: TelemetrySource,
  ) {
    this.writer = new AttributeWriter(config.semconv);
    this._stable = new StableAttributes(system, this.writer);
    if (config.metrics)
      this.metrics = new MessagingMetrics(
        new SeriesTable(system.name, this.writer, config.maxDestinations),
        config.semconv,
      );
    this.updateMeter();
    this.recordException = exceptionRecorder(() => _source.logger());
    this.isIgnored = matcher(config.ignoreDestinations);
    this.isDeadLetterDestination = matcher(config.deadLetter);
    this.isRetryDestination = matcher(config.retry);
    const max = config.maxRememberedDeliveries;
    this.attempts = new RecentMap({ max, onDropped: () => this.recordDropped('attempts') });
    const [isIncluded, isExcluded] = [matcher(config.headersIncluded), matcher(config.headersExcluded)];
    this._capturesHeaders = config.headersIncluded.length > 0;
    this._isCaptured = header => isIncluded(header) && !isExcluded(header);
  }

  /** The meter there is now. */
  get meter(): Meter | undefined {
    return this._source.meter();
  }

  /** Makes the instruments of the meter there is now. */
  updateMeter(): void {
    const meter = this._source.meter();
    if (meter) this.metrics?.setMeter(meter);
  }

  /** @param memory what was remembered across deliveries, and has been dropped */
  recordDropped(memory: string): void {
    this.metrics?.recordDropped(this.writer.write({ system: this.system.name, memory }));
  }

  start(start: Start<M>): ActiveOperation<M> {
    const { type, operation, parent, startTime, isCounted, onEnd } = start;
    const span = start.isSpanless ? trace.wrapSpanContext(INVALID_SPAN_CONTEXT) : this._startSpan(start);
    const startedAtMs = startTime?.monotonicMs ?? performance.now();
    const started = { type, operation, span, parent, startedAtMs, isCounted, onEnd };
    const active = new ActiveOperation<M>(this, started);
    const hook = type === 'create' ? undefined : this.config[`${type}Hook`];
    if (hook) guarded(`${type}Hook`, () => hook(span, operation));
    return active;
  }

  /** A span around several operations, none itself. */
  startEnclosing(name: string, attributes: MessagingAttributes): Span {
    return this._source
      .tracer()
      .startSpan(name, { kind: SpanKind.INTERNAL, attributes: this.writer.write(attributes) });
  }

  /** What is true of one message; a delivered one says how often it has been delivered. */
  messageAttributes(message: M, isDelivered: boolean): MessagingAttributes {
    const attributes = messageAttributes(this.system, message, this.config);
    if (isDelivered) attributes.deliveryCount = this.system.deliveryCount(message);
    return attributes;
  }

  /** A message's attributes are no matter for samplers (messaging-spans.md): a span without a record goes without. */
  private _startSpan(start: Start<M>): Span {
    const { type, operation, kind, parent, links, startTime } = start;
    const attributes = this._startAttributes(start);
    const options = { kind, attributes, links, startTime: startTime?.date };
    const span = this._source.tracer().startSpan(spanName(operation), options, parent);
    const isSending = type === 'send' || type === 'create';
    // A batch of one that is received or processed has its message's attributes on the link, as any batch.
    if (operation.messages.length !== 1 || (operation.isBatch && !isSending) || !span.isRecording()) return span;
    guarded('reading a message', () => span.setAttributes(this._writeMessage(operation.messages[0], !isSending)));
    return span;
  }

  private _startAttributes({ type, operation, attributes }: Start<M>): Attributes {
    const written = this._stable.of(type, operation);
    const { destination, messages, isBatch } = operation;
    const { partitionId } = destination;
    if (isBatch || partitionId !== undefined) {
      const batchMessageCount = isBatch ? messages.length : undefined;
      this.writer.write({ destinationPartitionId: partitionId, batchMessageCount }, written);
    }
    if (operation.attributes) this.writer.write(operation.attributes, written);
    return attributes ? this.writer.write(attributes, written) : written;
  }

  private _writeMessage(message: M, isDelivered: boolean): Attributes {
    const written = this.writer.write(this.messageAttributes(message, isDelivered));
    if (this._capturesHeaders) Object.assign(written, headerAttributes(this.system, message, this._isCaptured));
    return written;
  }
}
