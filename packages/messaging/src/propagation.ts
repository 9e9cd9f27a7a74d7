import { propagation, ROOT_CONTEXT, trace, type Context, type SpanContext } from '@opentelemetry/api';
import { isSpanContextValid } from '@opentelemetry/api';
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
  return fields.some(field => system.getter.get(message, field) !== undefined);
}
