import type { OtlpSpan } from '@queuetrace/test-utils';

/** Spans as a backend shows them: children under their parents, and where links lead. */
export function traceTree(spans: readonly OtlpSpan[]): string {
  const byId = new Map(spans.map(span => [span.spanId, span]));
  const ordered = spans.toSorted((one, other) => Number(one.startNs - other.startNs));
  const lines: string[] = [];
  const show = (span: OtlpSpan, depth: number) => {
    const indent = depth === 0 ? '' : `${'   '.repeat(depth - 1)}└─ `;
    lines.push(`${indent}${span.name}  [${String(span.resource['service.name'])}]  ${span.kind}${linksOf(span, byId)}`);
    for (const child of ordered) if (child.parentSpanId === span.spanId) show(child, depth + 1);
  };
  for (const span of ordered) if (!byId.has(span.parentSpanId)) show(span, 0);
  return lines.join('\n');
}

/** A link to the parent tells nothing that the tree does not. */
function linksOf({ links, parentSpanId }: OtlpSpan, byId: ReadonlyMap<string, OtlpSpan>): string {
  const others = links.filter(({ spanId }) => spanId !== parentSpanId);
  const told = others.map(({ spanId, attributes }) => {
    const type = typeof attributes['link.type'] === 'string' ? attributes['link.type'] : 'linked';
    return ` · ${type} → ${byId.get(spanId)?.name ?? 'a span of another trace'}`;
  });
  return told.join('');
}
