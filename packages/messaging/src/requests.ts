import type { SpanContext } from '@opentelemetry/api';
import type { ActiveOperation } from './active-operation';
import { spanContextOf } from './propagation';
import { RecentMap } from './recent-map';

const MAX_REQUESTS = 10_000;

/** The sends that asked for a reply, by what the reply will be known by. The oldest are forgotten beyond the cap. */
export class Requests {
  private readonly _byKey = new RecentMap<SpanContext>(MAX_REQUESTS);

  sent(key: string, { context }: Pick<ActiveOperation, 'context'>): void {
    const spanContext = spanContextOf(context);
    if (spanContext) this._byKey.set(key, spanContext);
  }

  /** The send that a message answers; a request may have several replies. */
  of(key: string): SpanContext | undefined {
    return this._byKey.get(key);
  }
}
