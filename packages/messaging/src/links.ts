import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import type { AttributeWriter, MessagingAttributes } from './semconv';

export type LinkType = 'creation' | 'fan-out-source' | 'original-message' | 'previous-attempt';

interface Target {
  spanContext: SpanContext;
  type?: LinkType;
  attributes?: MessagingAttributes;
  count: number;
}

/** The links of one span: one for each distinct context, the ones that tell a story first, at most `maxLinks`. */
export class Links {
  private readonly _story = new Map<string, Target>();
  private readonly _creations = new Map<string, Target>();

  /** A link of its own: what led here, besides the messages themselves. */
  add(spanContext: SpanContext | undefined, type?: LinkType): void {
    if (spanContext) this._story.set(keyOf(spanContext), { spanContext, type, count: 1 });
  }

  /** A link to a message's creation context; messages that share one share the link. */
  addCreation(spanContext: SpanContext | undefined, attributes?: MessagingAttributes): void {
    if (!spanContext) return;
    const key = keyOf(spanContext);
    const target = this._creations.get(key);
    if (target) target.count += 1;
    else this._creations.set(key, { spanContext, type: 'creation', attributes, count: 1 });
  }

  /** The creation context, if there is just one. */
  get onlyCreation(): SpanContext | undefined {
    return this._creations.size === 1 ? [...this._creations.values()][0].spanContext : undefined;
  }

  /** `dropped` counts the links that did not fit, so that their loss can be said. */
  build(writer: AttributeWriter, maxLinks: number): { links: Link[]; dropped: number } {
    // A story told of the creation context itself, such as that it is the original, is the link to it.
    const creations = [...this._creations].filter(([key]) => !this._story.get(key)?.type).map(([, target]) => target);
    const targets = [...this._story.values(), ...creations];
    const links = targets.slice(0, maxLinks).map(target => toLink(target, writer));
    return { links, dropped: targets.length - links.length };
  }
}

function toLink({ spanContext, type, attributes, count }: Target, writer: AttributeWriter): Link {
  const own: Attributes = writer.write({ linkType: type });
  // A link that stands for several messages cannot carry the attributes of one.
  writer.write(count > 1 ? { batchMessageCount: count } : (attributes ?? {}), own);
  return { context: spanContext, attributes: own };
}

const keyOf = ({ traceId, spanId }: SpanContext) => traceId + spanId;
