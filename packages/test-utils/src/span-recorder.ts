import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';

interface StartedSpan {
  readonly span: Span;
  readonly test: string;
  ends: number;
}

/** One line a span, for messages of failed tests. */
export function listSpans(spans: readonly ReadableSpan[]): string {
  if (spans.length === 0) return '  (no spans)';
  return spans.map(span => `  ${describeSpan(span)}`).join('\n');
}

function describeSpan(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  const parent = span.parentSpanContext ? ` < ${span.parentSpanContext.spanId.slice(0, 6)}` : '';
  const ids = `${traceId.slice(0, 6)}/${spanId.slice(0, 6)}${parent}`;
  const status = span.status.code === SpanStatusCode.ERROR ? ' ERROR' : '';
  return `"${span.name}" ${SpanKind[span.kind]} ${ids} ${span.links.length} links${status} (${span.instrumentationScope.name})`;
}

/** Keeps the finished spans of a test, and tells which spans are still open and which were ended twice. */
export class SpanRecorder implements SpanProcessor {
  private readonly open = new Map<ReadableSpan, StartedSpan>();
  private readonly abandoned = new WeakSet<ReadableSpan>();
  private finished: ReadableSpan[] = [];
  private endedTwice: StartedSpan[] = [];
  private test = '(before the first test)';

  /** A span ended twice is kept over this border: its second end may come late. */
  begin(test: string): void {
    this.test = test;
    this.finished = [];
  }

  /** Spans still open now belong to no later test. */
  abandonOpenSpans(): void {
    for (const span of this.open.keys()) this.abandoned.add(span);
    this.open.clear();
    this.endedTwice = [];
  }

  finishedSpans(): ReadableSpan[] {
    return [...this.finished];
  }

  openSpans(): ReadableSpan[] {
    return [...this.open.keys()];
  }

  endedTwiceErrors(): string[] {
    return this.endedTwice.map(
      ({ span, test }) => `span "${span.name}" was ended twice${test === this.test ? '' : ` (started by: ${test})`}`,
    );
  }

  onStart(span: Span): void {
    const started: StartedSpan = { span, test: this.test, ends: 0 };
    this.open.set(span, started);
    const end = span.end;
    // The SDK ignores a second end() but for a diag line: nothing but the call itself can tell.
    Object.defineProperty(span, 'end', {
      configurable: true,
      writable: true,
      value: (...args: Parameters<Span['end']>) => {
        started.ends += 1;
        if (started.ends === 2) this.endedTwice.push(started);
        end.apply(span, args);
      },
    });
  }

  onEnd(span: ReadableSpan): void {
    this.open.delete(span);
    if (!this.abandoned.has(span)) this.finished.push(span);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
