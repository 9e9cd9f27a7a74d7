import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import type { AttributeWriter, MessagingAttributes } from './semconv';

export type LinkType = 'creation' | 'fan-out-source' | 'original-message' | 'previous-attempt';

/** Of one message; made only for a link that is there in the end. */
type LinkAttributes = MessagingAttributes | (() => MessagingAttributes);

interface Target {
  spanContext: SpanContext;
  type?: LinkType;
  attributes?: LinkAttributes;
  count: number;
}

/** The links of one span: one for each distinct context, the ones that tell a story first, at most `maxLinks`. */
export class Links {
  // Most operations have one creation context and no story: what is not needed is not made.
  private _story?: Map<string, Target>;
  private _creations?: Map<string, Target>;
  private _last?: Target;

  /** A link of its own: what led here, besides the messages themselves. */
  add(spanContext: SpanContext | undefined, type?: LinkType): void {
    if (!spanContext) return;
    this._story ??= new Map();
    this._story.set(keyOf(spanContext), { spanContext, type, count: 1 });
  }

  /** A link to a message's creation context; messages that share one share the link. */
  addCreation(spanContext: SpanContext | undefined, attributes?: LinkAttributes): void {
    if (!spanContext) return;
    const known = this._find(spanContext);
    if (known) known.count += 1;
    else this._append({ spanContext, type: 'creation', attributes, count: 1 });
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
    const targets = this._targets();
    const count = Math.min(targets.length, maxLinks);
    const links: Link[] = [];
    for (let index = 0; index < count; index++) links.push(toLink(targets[index], writer));
    return links;
  }

  /** Neighbours in a batch tend to share a context. */
  private _find(spanContext: SpanContext): Target | undefined {
    const last = this._last;
    if (!last || isSame(last.spanContext, spanContext)) return last;
    return this._creations?.get(keyOf(spanContext));
  }

  private _append(target: Target): void {
    if (this._last) {
      this._creations ??= new Map([[keyOf(this._last.spanContext), this._last]]);
      this._creations.set(keyOf(target.spanContext), target);
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

function toLink({ spanContext, type, attributes, count }: Target, writer: AttributeWriter): Link {
  if (type === 'creation' && count === 1 && !attributes) {
    return { context: spanContext, attributes: writer.creationLink };
  }
  const own: Attributes = {};
  writer.add('linkType', type, own);
  // A link that stands for several messages cannot carry the attributes of one.
  if (count > 1) writer.add('batchMessageCount', count, own);
  else if (attributes) writer.write(typeof attributes === 'function' ? attributes() : attributes, own);
  return { context: spanContext, attributes: own };
}

const keyOf = ({ traceId, spanId }: SpanContext) => traceId + spanId;
const isSame = (one: SpanContext, other: SpanContext) =>
  one === other || (one.spanId === other.spanId && one.traceId === other.traceId);
