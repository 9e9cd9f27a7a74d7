import type { ReadableSpan } from '@opentelemetry/sdk-trace';

type LinkType = 'creation' | 'original-message' | 'previous-attempt' | 'fan-out-source';

/** Follows what a backend would show: parents and typed links between finished spans. */
export class Walk {
  constructor(private readonly _spans: readonly ReadableSpan[]) {}

  byId(spanId: string | undefined): ReadableSpan | undefined {
    return this._spans.find(span => span.spanContext().spanId === spanId);
  }

  parent(span: ReadableSpan): ReadableSpan | undefined {
    return this.byId(span.parentSpanContext?.spanId);
  }

  isLinked({ links }: ReadableSpan, type: LinkType): boolean {
    return links.some(({ attributes }) => attributes?.['link.type'] === type);
  }

  linked(span: ReadableSpan, type: LinkType): ReadableSpan | undefined {
    const link = span.links.find(({ attributes }) => attributes?.['link.type'] === type);
    return this.byId(link?.context.spanId);
  }

  /** The attempts before this one, the last first. */
  attemptsBefore(span: ReadableSpan): ReadableSpan[] {
    const before = this.linked(span, 'previous-attempt');
    return before ? [before, ...this.attemptsBefore(before)] : [];
  }
}
