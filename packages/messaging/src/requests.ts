import type { SpanContext } from '@opentelemetry/api';
import type { ActiveOperation } from './active-operation';
import { spanContextOf } from './propagation';
import type { RecentMap } from './recent-map';

/** The sends that asked for a reply, by what the reply will be known by. */
export class Requests {
  constructor(private readonly _byKey: RecentMap<SpanContext>) {}

  sent(key: string, { context }: Pick<ActiveOperation, 'context'>): void {
    const spanContext = spanContextOf(context);
    if (spanContext) this._byKey.set(key, spanContext);
  }

  /** The send that a message answers; a request may have several replies. */
  of(key: string): SpanContext | undefined {
    return this._byKey.get(key);
  }
}
