import {
  isSpanContextValid,
  SamplingDecision,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Link,
  type Sampler,
  type SamplingResult,
  type SpanContext,
  type SpanKind,
} from '@opentelemetry/api';
import { matcher, readAttribute } from '@queuetrace/messaging';
import { resolveSamplerOptions, type SamplerOptions } from './sampler-options';

export interface MessagingSamplerConfig extends Partial<SamplerOptions> {
  /** What decides of traces that begin outside of `destinations`: another sampler, or a ratio from 0 to 1. Default: 1. */
  root?: Sampler | number;
}

const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const NOT_SAMPLED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/**
 * Head sampling for services that talk over queues. What {@link SamplerOptions} keep or drop of messaging spans comes
 * first; then a span follows its parent, and one without a parent is sampled where one of its links is (a batch with one
 * sampled message), else by the ratio of its destination, else as `root` says. It needs no SDK package, and works with
 * any SDK's tracer provider. A wrong option is told in one line and passed over.
 */
export class MessagingSampler implements Sampler {
  private readonly _options: SamplerOptions;
  private readonly _isDropped: (destination: string) => boolean;
  private readonly _ratios: readonly (readonly [isMatch: (destination: string) => boolean, ratio: number])[];
  private readonly _root: Sampler;

  constructor({ root = 1, ...options }: MessagingSamplerConfig = {}) {
    this._options = resolveSamplerOptions(options);
    this._isDropped = matcher(this._options.drop);
    this._ratios = Object.entries(this._options.destinations).map(([glob, ratio]) => [matcher([glob]), ratio]);
    this._root = typeof root === 'number' ? new RatioSampler(root) : root;
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const isMessaging = readAttribute('system', attributes) !== undefined;
    const destination = isMessaging ? String(readAttribute('destinationName', attributes) ?? '') : '';
    if (isMessaging && this._isDropped(destination)) return NOT_SAMPLED;
    if (isMessaging && this._isKept(attributes, links)) return SAMPLED;
    const parent = trace.getSpanContext(context);
    if (parent && isSpanContextValid(parent)) return isSampled(parent) ? SAMPLED : NOT_SAMPLED;
    const ratio = isMessaging ? this._ratioOf(destination) : undefined;
    if (ratio !== undefined) return isWithin(traceId, ratio) ? SAMPLED : NOT_SAMPLED;
    return this._root.shouldSample(context, traceId, spanName, spanKind, attributes, links);
  }

  toString(): string {
    return `MessagingSampler{${JSON.stringify(this._options)},root=${this._root.toString()}}`;
  }

  private _isKept(attributes: Attributes, links: readonly Link[]): boolean {
    if (this._options.keepFailures && readAttribute('errorType', attributes) !== undefined) return true;
    if (this._hasKeptPast(attributes)) return true;
    return links.some(link => isSampled(link.context) || this._hasKeptPast(link.attributes));
  }

  /** Of a message, or of one message of a batch: the attributes on its link. */
  private _hasKeptPast(attributes?: Attributes): boolean {
    const { keepDeadLetters, keepFromDelivery } = this._options;
    if (keepDeadLetters && isDeadLetter(attributes)) return true;
    return keepFromDelivery > 0 && leastDeliveryCount(attributes) >= keepFromDelivery;
  }

  private _ratioOf(destination: string): number | undefined {
    return this._ratios.find(([isMatch]) => isMatch(destination))?.[1];
  }
}

class RatioSampler implements Sampler {
  constructor(private readonly _ratio: number) {}

  shouldSample(_context: Context, traceId: string): SamplingResult {
    return isWithin(traceId, this._ratio) ? SAMPLED : NOT_SAMPLED;
  }

  toString(): string {
    return `Ratio{${this._ratio}}`;
  }
}

const isSampled = ({ traceFlags }: SpanContext) => (traceFlags & TraceFlags.SAMPLED) !== 0;

/** Of the rightmost bits, which are random (W3C Trace Context 2, "Random Trace ID Flag"), as many as a number holds. */
function isWithin(traceId: string, ratio: number): boolean {
  return parseInt(traceId.slice(-13), 16) < ratio * 2 ** 52;
}

/** It is where dead letters are, or it is sent there. */
function isDeadLetter(attributes?: Attributes): boolean {
  return (
    readAttribute('dlqOriginalQueue', attributes) !== undefined ||
    readAttribute('dlqError', attributes) !== undefined ||
    readAttribute('dlqAction', attributes) !== undefined
  );
}

/** A classic RabbitMQ queue does not count: it only says that it was not the first delivery. */
function leastDeliveryCount(attributes?: Attributes): number {
  const count = readAttribute('deliveryCount', attributes);
  if (count !== undefined) return Number(count);
  return readAttribute('rabbitmqRedelivered', attributes) === true ? 2 : 1;
}
