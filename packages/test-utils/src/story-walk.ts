import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { OtlpSpan } from './otlp-telemetry';

export type StoryLink = 'creation' | 'original-message' | 'previous-attempt' | 'fan-out-source';

/** What of a span leads to others. */
interface Place {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly links: readonly { readonly id: string; readonly type: unknown }[];
}

/** Follows what a backend would show: parents, children and typed links between finished spans. */
export class StoryWalk<Span> {
  private readonly _places = new Map<string, { place: Place; span: Span }>();

  constructor(
    spans: readonly Span[],
    private readonly _placeOf: (span: Span) => Place,
  ) {
    for (const span of spans) this._places.set(_placeOf(span).id, { place: _placeOf(span), span });
  }

  parent(span: Span): Span | undefined {
    return this._find(this._placeOf(span).parentId);
  }

  isLinked(span: Span, type: StoryLink): boolean {
    return this._placeOf(span).links.some(link => link.type === type);
  }

  /** The span that the first link of a type leads to. */
  linked(span: Span, type: StoryLink): Span | undefined {
    return this._find(this._placeOf(span).links.find(link => link.type === type)?.id);
  }

  /** The attempts before this one, the last first. */
  attemptsBefore(span: Span): Span[] {
    const before = this.linked(span, 'previous-attempt');
    return before ? [before, ...this.attemptsBefore(before)] : [];
  }

  /** Children of a span, and what links to it. */
  causedBy(span: Span): Span[] {
    const { id } = this._placeOf(span);
    const all = [...this._places.values()];
    return all
      .filter(({ place }) => place.parentId === id || place.links.some(link => link.id === id))
      .map(one => one.span);
  }

  private _find(id: string | undefined): Span | undefined {
    return id === undefined ? undefined : this._places.get(id)?.span;
  }
}

/** Of the spans that this process has recorded. */
export function walkRecorded(spans: readonly ReadableSpan[]): StoryWalk<ReadableSpan> {
  return new StoryWalk(spans, span => ({
    id: span.spanContext().spanId,
    parentId: span.parentSpanContext?.spanId,
    links: span.links.map(({ context, attributes }) => ({ id: context.spanId, type: attributes?.['link.type'] })),
  }));
}

/** Of the spans that processes have exported. */
export function walkExported(spans: readonly OtlpSpan[]): StoryWalk<OtlpSpan> {
  return new StoryWalk(spans, ({ spanId, parentSpanId, links }) => ({
    id: spanId,
    parentId: parentSpanId || undefined,
    links: links.map(link => ({ id: link.spanId, type: link.attributes['link.type'] })),
  }));
}
