import {
  context,
  createContextKey,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { ActiveOperation } from './active-operation';

const ACTIVE_OPERATION = createContextKey('queuetrace.active-operation');

/** The key under which the API keeps the span: what it sets in a context that only listens. */
const SPAN = (() => {
  let spanKey: symbol | undefined;
  const listener: Context = {
    getValue: () => undefined,
    setValue: key => ((spanKey = key), ROOT_CONTEXT),
    deleteValue: () => ROOT_CONTEXT,
  };
  trace.setSpan(listener, trace.wrapSpanContext(INVALID_SPAN_CONTEXT));
  return spanKey;
})();

/**
 * A context with an operation and its span in it. The API's own contexts are a copied map and three closures each; an
 * operation needs two values in one, which are looked up as often as they are set. Whatever is put into it by others
 * makes an ordinary context.
 */
class OperationContext implements Context {
  constructor(
    readonly parent: Context,
    private readonly _span: Span,
    private readonly _operation: unknown,
  ) {}

  getValue(key: symbol): unknown {
    if (key === SPAN) return this._span;
    return key === ACTIVE_OPERATION ? this._operation : this.parent.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this._plain().setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this._plain().deleteValue(key);
  }

  private _plain(): Context {
    return plain(this.parent, this._span, this._operation);
  }
}

const plain = (parent: Context, span: Span, operation?: unknown) =>
  trace.setSpan(parent, span).setValue(ACTIVE_OPERATION, operation);

/** The context in which an operation's own code runs; without an operation, just one with a span in it. */
export const contextWith: (parent: Context, span: Span, operation?: unknown) => Context = SPAN
  ? (parent, span, operation) => new OperationContext(withoutOwn(parent), span, operation)
  : plain;

/** Whether a context is an operation's, with nothing in it but the span that a propagator could write. */
export function hasOnlySpan(active: Context): boolean {
  return active instanceof OperationContext && active.parent === ROOT_CONTEXT;
}

/** Of one in another only the rest counts. To keep all of them kept what a message came with as long as its operation. */
function withoutOwn(parent: Context): Context {
  return parent instanceof OperationContext ? parent.parent : parent;
}

/** The innermost operation whose context is active. */
export function activeOperation(active: Context = context.active()): ActiveOperation | undefined {
  return active.getValue(ACTIVE_OPERATION) as ActiveOperation | undefined;
}
