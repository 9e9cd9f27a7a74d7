import type { OtlpSpan } from '@queuetrace/test-utils';

/** What was exported, and how it hangs together. */
export class Evidence {
  private readonly _byId = new Map<string, OtlpSpan>();
  private readonly _children = new Map<string, OtlpSpan[]>();

  constructor(private readonly _spans: readonly OtlpSpan[]) {
    for (const span of _spans) {
      this._byId.set(span.spanId, span);
      const siblings = this._children.get(span.parentSpanId);
      if (siblings) siblings.push(span);
      else this._children.set(span.parentSpanId, [span]);
    }
  }

  /** The app's own spans around a message's deliveries, in their order. */
  handlesOf(message: string): OtlpSpan[] {
    const handles = this._spans.filter(({ attributes }) => attributes['app.message'] === message);
    return handles.toSorted((one, other) => Number(one.startNs - other.startNs));
  }

  /** The app's own spans around the sending of a message. */
  ordersOf(message: string): OtlpSpan[] {
    return this._spans.filter(({ attributes }) =>
      (attributes['app.messages'] as string[] | undefined)?.includes(message),
    );
  }

  /** The spans whose context the messages were sent with: of nested ones the innermost. */
  sendsOf(message: string): OtlpSpan[] {
    return this.ordersOf(message).flatMap(order => this._innermostSends(order));
  }

  /** The consumer's span around an app's own one. */
  processOf(handle: OtlpSpan): OtlpSpan | undefined {
    const parent = this._byId.get(handle.parentSpanId);
    if (!parent || serviceOf(parent) !== serviceOf(handle)) return undefined;
    return parent.kind === 'CONSUMER' ? parent : this.processOf(parent);
  }

  /** A span, its parent, and so on to the root. */
  withAncestors(span: OtlpSpan): OtlpSpan[] {
    const parent = this._byId.get(span.parentSpanId);
    return parent ? [span, ...this.withAncestors(parent)] : [span];
  }

  /** What a process span says that it comes from: its parent, and what it links to. */
  sourcesOf({ parentSpanId, links }: OtlpSpan): OtlpSpan[] {
    const ids = [parentSpanId, ...links.map(({ spanId }) => spanId)];
    return ids.flatMap(id => this._byId.get(id) ?? []);
  }

  /** Whether parents and links lead from a span to one of others, over whatever lies between. */
  leads(span: OtlpSpan, to: readonly OtlpSpan[], passed = new Set<OtlpSpan>()): boolean {
    if (to.includes(span)) return true;
    if (passed.has(span)) return false;
    passed.add(span);
    return this.sourcesOf(span).some(source => this.leads(source, to, passed));
  }

  /** Whether one span of a service links to all of these. */
  linksToAll(spans: readonly OtlpSpan[], service: string): boolean {
    const linksTo = ({ links }: OtlpSpan, { spanId }: OtlpSpan) => links.some(link => link.spanId === spanId);
    return this._spans.some(one => serviceOf(one) === service && spans.every(span => linksTo(one, span)));
  }

  /** All spans of the traces that messages were sent and handled in. */
  tracesOf(messages: readonly string[]): OtlpSpan[] {
    const ownSpans = messages.flatMap(message => [...this.ordersOf(message), ...this.handlesOf(message)]);
    const traceIds = new Set(ownSpans.map(({ traceId }) => traceId));
    return this._spans.filter(({ traceId }) => traceIds.has(traceId));
  }

  private _innermostSends(span: OtlpSpan): OtlpSpan[] {
    const children = this._children.get(span.spanId) ?? [];
    return children
      .filter(child => serviceOf(child) === serviceOf(span) && (child.kind === 'PRODUCER' || child.kind === 'CLIENT'))
      .flatMap(send => {
        const inner = this._innermostSends(send);
        return inner.length > 0 ? inner : [send];
      });
  }
}

export const serviceOf = ({ resource }: OtlpSpan) => resource['service.name'];
