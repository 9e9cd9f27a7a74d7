import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import type { AttributeWriter } from './attribute-writer';
import type { MessagingAttributes } from './semconv';

export type LinkType = 'creation' | 'fan-out-source' | 'original-message' | 'previous-attempt';

interface Target {
  spanContext: SpanContext;
  type?: LinkType;
  /** Of the first message whose context it is. */
  index?: number;
  count: number;
}

/** The links of one span: one for each distinct context, the ones that tell a story first, at most `maxLinks`. */
export class Links {
  // Most operations have one creation context and no story: what is not needed is not made.
  private _story?: Map<string, Target>;
  private _creations?: Map<string, Target>;
  private _last?: Target;

  /** @param _attributesOf of a message, by its index; asked only for a link that is there in the end, and for it alone */
  constructor(private readonly _attributesOf?: (index: number) => MessagingAttributes) {}

  /** A link of its own: what led here, besides the messages themselves. */
  add(spanContext: SpanContext | undefined, type?: LinkType): void {
    if (!spanContext) return;
    this._story ??= new Map();
    this._story.set(keyOf(spanContext), { spanContext, type, count: 1 });
  }

  /** A link to a message's creation context; messages that share one share the link. */
  addCreation(spanContext: SpanContext | undefined, index?: number): void {
    if (!spanContext) return;
    const known = this._find(spanContext);
    if (known) known.count += 1;
    else this._append({ spanContext, type: 'creation', index, count: 1 });
  }

  /** The creation context, if there is just one. */
  get onlyCreation(): SpanContext | undefined {
    return this._creations ? undefined : this._last?.spanContext;
  }

  /** So many do not fit, whose loss is to be said. */
  beyond(maxLinks: number): number {
    const most = (this._creations?.size ?? 1) + (this._story?.size ?? 0);
    return most <= maxLinks ? 0 : Math.max(0, this._targets().length - maxLinks);
  }

  build(writer: AttributeWriter, maxLinks: number): Link[] {
    const last = this._last;
    if (!this._story && !this._creations) return last && maxLinks > 0 ? [this._toLink(last, writer)] : [];
    return this._targets()
      .slice(0, maxLinks)
      .map(target => this._toLink(target, writer));
  }

  private _toLink({ spanContext, type, index, count }: Target, writer: AttributeWriter): Link {
    const isDescribed = index !== undefined && this._attributesOf !== undefined;
    if (type === 'creation' && count === 1 && !isDescribed) {
      return { context: spanContext, attributes: writer.creationLink };
    }
    const own: Attributes = {};
    writer.add('linkType', type, own);
    // A link that stands for several messages cannot carry the attributes of one.
    if (count > 1) writer.add('batchMessageCount', count, own);
    else if (isDescribed) writer.write(this._attributesOf!(index), own);
    return { context: spanContext, attributes: own };
  }

  /** Neighbours in a batch tend to share a context. */
  private _find(spanContext: SpanContext): Target | undefined {
    const last = this._last;
    if (!last || isSame(last.spanContext, spanContext)) return last;
    const known = this._creations?.get(spanContext.spanId);
    if (!known || isSame(known.spanContext, spanContext)) return known;
    return this._creations?.get(keyOf(spanContext));
  }

  private _append(target: Target): void {
    const { spanContext } = target;
    if (this._last) {
      // A key that is made anew each time, of both ids, takes 0.15 µs more. Only a broken sender gives two spans one id.
      this._creations ??= new Map([[this._last.spanContext.spanId, this._last]]);
      this._creations.set(this._creations.has(spanContext.spanId) ? keyOf(spanContext) : spanContext.spanId, target);
    }
    this._last = target;
  }

  private _targets(): Target[] {
    const creations = this._creations ? [...this._creations.values()] : this._last ? [this._last] : [];
    const story = this._story;
    if (!story) return creations;
    // A story told of the creation context itself, such as that it is the original, is the link to it.
    return [...story.values(), ...creations.filter(({ spanContext }) => !story.get(keyOf(spanContext))?.type)];
  }
}

const keyOf = ({ traceId, spanId }: SpanContext) => traceId + spanId;
const isSame = (one: SpanContext, other: SpanContext) =>
  one === other || (one.spanId === other.spanId && one.traceId === other.traceId);
