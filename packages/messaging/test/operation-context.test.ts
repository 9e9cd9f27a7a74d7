import { deepStrictEqual, strictEqual } from 'node:assert';
import { createContextKey, INVALID_SPAN_CONTEXT, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { activeOperation, contextWith } from '../src/operation-context';

const KEY = createContextKey('app');
const OTHER = createContextKey('other');
const span = trace.wrapSpanContext({ ...INVALID_SPAN_CONTEXT, traceFlags: 1 });
const operation = {} as never;
const parent = ROOT_CONTEXT.setValue(KEY, 'of the app');
const context = contextWith(parent, span, operation);

describe('the context of an operation', () => {
  it('has the span and the operation, and what its parent has', () => {
    strictEqual(trace.getSpan(context), span);
    strictEqual(activeOperation(context), operation);
    strictEqual(context.getValue(KEY), 'of the app');
    strictEqual(context.getValue(OTHER), undefined);
    strictEqual(trace.getSpan(parent), undefined);
  });

  it('keeps all of it where something is put into it', () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
    const more = propagation.setBaggage(context.setValue(OTHER, 1), baggage);
    deepStrictEqual([more.getValue(OTHER), more.getValue(KEY)], [1, 'of the app']);
    strictEqual(propagation.getBaggage(more), baggage);
    strictEqual(trace.getSpan(more), span);
    strictEqual(activeOperation(more), operation);
    strictEqual(context.getValue(OTHER), undefined);
  });

  it('can be without its span, or have another one', () => {
    const without = trace.deleteSpan(context);
    strictEqual(trace.getSpan(without), undefined);
    strictEqual(without.getValue(KEY), 'of the app');
    const other = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    strictEqual(trace.getSpan(trace.setSpan(context, other)), other);
  });

  it('can be around another one', () => {
    const inner = {} as never;
    const nested = contextWith(context, trace.wrapSpanContext(INVALID_SPAN_CONTEXT), inner);
    strictEqual(activeOperation(nested), inner);
    strictEqual(nested.getValue(KEY), 'of the app');
    strictEqual(nested.deleteValue(KEY).getValue(KEY), undefined);
  });
});
