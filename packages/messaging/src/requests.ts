import type { SpanContext } from '@opentelemetry/api';
import type { ActiveOperation } from './active-operation';
import { spanContextOf } from './propagation';

/** The sends that asked for a reply, by what the reply will be known by. The oldest are forgotten beyond the cap. */
export class Requests {
  private readonly _byKey = new Map<string, SpanContext>();

  constructor(private readonly _max = 10_000) {}

  sent(key: string, { context }: Pick<ActiveOperation, 'context'>): void {
    const spanContext = spanContextOf(context);
    if (!spanContext) return;
    // Set anew, so that the order of the map is that of the sends.
    this._byKey.delete(key);
    this._byKey.set(key, spanContext);
    if (this._byKey.size > this._max) this._byKey.delete(this._byKey.keys().next().value!);
  }

  /** The send that a message answers; a request may have several replies. */
  of(key: string): SpanContext | undefined {
    return this._byKey.get(key);
  }
}
