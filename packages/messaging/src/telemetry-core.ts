import {
  INVALID_SPAN_CONTEXT,
  trace,
  type Attributes,
  type Context,
  type Meter,
  type Span,
  SpanKind,
  type Tracer,
} from '@opentelemetry/api';
import { ActiveOperation } from './active-operation';
import type { Attempt } from './attempt';
import { AttributeWriter } from './attribute-writer';
import { headerAttributes } from './attributes';
import type { ResolvedConfig } from './config';
import { exceptionRecorder, type EventLogger, type RecordException } from './exceptions';
import { guarded, tellFailure } from './guarded';
import type { MessagingMetrics } from './metrics';
import type { Links } from './links';
import { matcher } from './options';
import type { MessagingAttributes } from './semconv';
import { RecentMap } from './recent-map';
import { StableAttributes, type Stable } from './stable-attributes';
import type { Stories } from './story';
import { STORY_FIELD } from './told-story';
import type { MessagingSystem, Operation, OperationType } from './types';

/** Where spans, metrics and log records go; each may be exchanged at any time. */
export interface TelemetrySource {
  tracer(): Tracer;
  logger(): EventLogger | undefined;
  meter(): Meter | undefined;
  /** Asked while nobody takes what is recorded: there may be a meter by now. */
  lookForMeter?(): void;
}

/** The point in time at which an operation began, for a span that can only be made afterwards. */
export interface StartTime {
  date: Date;
  /** As `performance.now()`. */
  monotonicMs: number;
}

export const now = (): StartTime => ({ date: new Date(), monotonicMs: performance.now() });

/** What an operation is made of when it starts. */
export interface Start<M> extends Stories {
  type: OperationType;
  operation: Operation<M>;
  kind: SpanKind;
  /** The span's parent context; the operation's own is built on it. */
  parent: Context;
  links?: Links;
  /** What samplers may want to know, besides what is true of every operation of its kind. */
  attributes?: MessagingAttributes;
  /** What else is known. */
  details?: MessagingAttributes;
  /** How long a single message has waited. */
  queueTimeMs?: number;
  startTime?: StartTime;
  /** The messages were counted by an earlier operation. */
  isCounted?: boolean;
  /** Metrics and no span. */
  isSpanless?: boolean;
}

/** Of a message that was published again, by us or by hand. */
const OWN_PAST_HEADERS = new RegExp(`^(${STORY_FIELD}$|dlq\\.)`, 'i');

/** Starts spans as one configuration says. A new configuration makes a new core. */
export class TelemetryCore<M = unknown> {
  readonly writer: AttributeWriter;
  readonly recordException: RecordException;
  readonly isIgnored: (destination: string) => boolean;
  readonly isDeadLetterDestination: (destination: string) => boolean;
  readonly isRetryDestination: (destination: string) => boolean;
  /** The last attempt at each message that may come again, by the message's identity. */
  readonly attempts: RecentMap<Attempt>;
  private readonly _stable: StableAttributes;
  private readonly _tellsPast?: (header: string) => boolean;
  private _lastEvent?: { event: string; consumerGroup: string | undefined; attributes: Attributes };
  private readonly _capturesHeaders: boolean;
  private readonly _isCaptured: (header: string) => boolean;

  constructor(
    readonly system: MessagingSystem<M>,
    readonly config: ResolvedConfig,
    private readonly _source: TelemetrySource,
    readonly metrics: MessagingMetrics | undefined,
  ) {
    this.writer = new AttributeWriter(config.semconv);
    this._stable = new StableAttributes(system, this.writer);
    this.updateMeter();
    this.recordException = exceptionRecorder(() => _source.logger());
    this.isIgnored = matcher(config.ignoreDestinations);
    this.isDeadLetterDestination = matcher(config.deadLetter);
    this.isRetryDestination = matcher(config.retry);
    const max = config.maxRememberedDeliveries;
    this.attempts = new RecentMap({ max, onDropped: () => this.recordDropped('attempts') });
    const [isIncluded, isExcluded] = [matcher(config.headersIncluded), matcher(config.headersExcluded)];
    if (system.pastHeaders) this._tellsPast = matcher([system.pastHeaders, OWN_PAST_HEADERS]);
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

  /** A channel whose buffer is full has one such event for each publish: the attributes of the last one are kept. */
  recordClientEvent(event: string, consumerGroup: string | undefined): void {
    if (this._lastEvent?.event !== event || this._lastEvent.consumerGroup !== consumerGroup) {
      const values = { system: this.system.name, clientEvent: event, consumerGroupName: consumerGroup };
      this._lastEvent = { event, consumerGroup, attributes: this.writer.write(values) };
    }
    this.metrics?.recordClientEvent(this._lastEvent.attributes);
  }

  start(start: Start<M>): ActiveOperation<M> {
    if (this.metrics?.isOn === false) this._source.lookForMeter?.();
    const span = start.isSpanless ? trace.wrapSpanContext(INVALID_SPAN_CONTEXT) : this._startSpan(start);
    const active = new ActiveOperation<M>(this, start, span);
    const hook = start.type === 'create' ? undefined : this.config[`${start.type}Hook`];
    if (hook) guarded(`${start.type}Hook`, () => hook(span, start.operation));
    return active;
  }

  /**
   * Whether a message has nothing in it that could tell of an earlier delivery, nor is where dead letters are: one look
   * at each of its headers instead of one for each name that there may be.
   */
  isNew(message: M, destination: string | undefined): boolean {
    if (!this._tellsPast || this.system.isRedelivered?.(message)) return false;
    if (destination !== undefined && this.isDeadLetterDestination(destination)) return false;
    const headers = this.system.headers(message);
    for (const name in headers) if (this._tellsPast(name)) return false;
    return true;
  }

  /** A span around several operations, none itself. */
  startEnclosing(name: string, attributes: MessagingAttributes): Span {
    return this._source
      .tracer()
      .startSpan(name, { kind: SpanKind.INTERNAL, attributes: this.writer.write(attributes) });
  }

  /** What is true of one message; a delivered one says how often it has been delivered. */
  messageAttributes(message: M, isDelivered: boolean): MessagingAttributes {
    const attributes = this.system.attributes(message, this.config);
    if (isDelivered) attributes.deliveryCount = this.system.deliveryCount(message);
    return attributes;
  }

  /** Only what samplers decide by is there when they do: a span without a record goes without the rest. */
  private _startSpan(start: Start<M>): Span {
    const { type, operation, kind, parent, startTime } = start;
    const stable = this._stable.of(type, operation);
    const { sampling } = stable;
    const attributes = start.attributes ? this.writer.write(start.attributes, { ...sampling }) : sampling;
    const links = start.links?.build(this.writer, this.config.maxLinks);
    const options = { kind, attributes, links, startTime: startTime?.date };
    const span = this._source.tracer().startSpan(stable.spanName, options, parent);
    if (!span.isRecording()) return span;
    try {
      this._setDetails(span, start, stable);
    } catch (error) {
      tellFailure('setting attributes', error);
    }
    return span;
  }

  private _setDetails(span: Span, start: Start<M>, stable: Stable): void {
    const { writer } = this;
    const { type, operation, attributes, details, queueTimeMs, links } = start;
    const { isBatch, messages } = operation;
    span.setAttributes(stable.client);
    if (isBatch) writer.setOne('batchMessageCount', messages.length, span);
    if (operation.attributes) writer.set(operation.attributes, span);
    if (details) writer.set(details, span);
    writer.setOne('queueTimeMs', queueTimeMs, span);
    const dropped = links?.beyond(this.config.maxLinks);
    if (dropped) writer.setOne('batchDroppedLinkCount', dropped, span);
    const isSending = type === 'send' || type === 'create';
    // A batch of one that is received or processed has its message's attributes on the link, as any batch.
    if (messages.length !== 1 || (isBatch && !isSending)) return;
    // What the message's story says of its deliveries is more than what its broker does.
    const isCounted = attributes?.deliveryCount !== undefined;
    writer.set(this.messageAttributes(messages[0], !isSending && !isCounted), span);
    if (this._capturesHeaders) span.setAttributes(headerAttributes(this.system, messages[0], this._isCaptured));
  }
}
