import {
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';
import { guarded } from './guarded';
import type { MessagingSystem } from './types';

const setter = { set: (fields: Map<string, string>, key: string, value: string) => void fields.set(key, value) };

/** What the configured propagator writes for a context: strings by lower-case field name. */
export function fieldsOf(context: Context): Map<string, string> {
  const fields = new Map<string, string>();
  guarded('injecting', () => propagation.inject(context, fields, setter));
  return fields;
}

/** The creation context that a message carries, with its baggage; without one, the context that it is put into. */
export function extract<M>(system: MessagingSystem<M>, message: M, into = ROOT_CONTEXT): Context {
  return guarded('extracting', () => propagation.extract(into, message, system.getter)) ?? into;
}

/** The span context in a context, if it is a valid one. */
export function spanContextOf(context: Context): SpanContext | undefined {
  const spanContext = trace.getSpanContext(context);
  return spanContext && isSpanContextValid(spanContext) ? spanContext : undefined;
}

/** Whether the message already has a field that the propagator would write. */
export function hasContext<M>(system: MessagingSystem<M>, message: M, fields: readonly string[]): boolean {
  for (const field of fields) if (system.getter.get(message, field) !== undefined) return true;
  return false;
}

/** What W3C's propagators write is all that they read. */
const W3C_FIELDS = new Set(['traceparent', 'tracestate', 'baggage']);

/**
 * The creation contexts of a batch's messages, one after the other. Neighbours tend to have the same one: a message
 * whose fields are those of the message before is not read anew, where the propagators are known to read nothing else.
 */
export class CreationContexts<M> {
  private readonly _fields = propagation.fields();
  private readonly _isW3c = this._fields.length > 0 && this._fields.every(field => W3C_FIELDS.has(field));
  private _values?: unknown[];
  private _creation?: SpanContext;

  constructor(private readonly _system: MessagingSystem<M>) {}

  of(message: M): SpanContext | undefined {
    if (!this._isW3c) return spanContextOf(extract(this._system, message));
    if (!guarded('comparing contexts', () => this._hasSameFields(message))) this._read(message);
    return this._creation;
  }

  private _hasSameFields(message: M): boolean {
    const { _fields: fields, _values: values } = this;
    if (!values) return false;
    for (let index = 0; index < fields.length; index++) {
      if (this._system.getter.get(message, fields[index]) !== values[index]) return false;
    }
    return true;
  }

  private _read(message: M): void {
    this._values = undefined;
    this._creation = spanContextOf(extract(this._system, message));
    this._values = guarded('comparing contexts', () =>
      this._fields.map(field => this._system.getter.get(message, field)),
    );
  }
}
