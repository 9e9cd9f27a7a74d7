import {
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';
import { boundedGetter } from './bounded-getter';
import { globalPropagator } from './global-propagator';
import { guarded, tellFailure } from './guarded';
import { contextWith, hasOnlySpan } from './operation-context';
import { XRAY_FIELD, XRAY_HEADER } from './systems/aws-trace-header';
import { readTraceparent, writeTraceparent } from './traceparent';
import type { Fields, MessagingSystem } from './types';

const setter = {
  set: (fields: Record<string, string>, key: string, value: string) =>
    void (fields[key === XRAY_FIELD ? XRAY_HEADER : key] = value),
};

/**
 * What the configured propagator writes for a context.
 * @param creation the span context in it
 */
export function fieldsOf(context: Context, creation: SpanContext | undefined): Fields {
  const traceparent = creation && plainTraceparent(context, creation);
  if (traceparent) return { traceparent };
  const fields = {};
  try {
    propagation.inject(context, fields, setter);
  } catch (error) {
    tellFailure('injecting', error);
  }
  return fields;
}

/**
 * All that is to be written for a span in a context with nothing else in it, as in a handler or a worker, without the
 * propagator's general work, which is a tenth of a publish.
 */
function plainTraceparent(context: Context, creation: SpanContext): string | undefined {
  return hasOnlySpan(context) && globalPropagator().writesPlainly ? writeTraceparent(creation) : undefined;
}

/** The creation context that a message carries, with its baggage; without one, the context that it is put into. */
export function extract<M>(system: MessagingSystem<M>, message: M, into = ROOT_CONTEXT): Context {
  return guarded('extracting', () => propagation.extract(into, message, boundedGetter(system.getter))) ?? into;
}

/** What a message carries, put into the root context. */
export interface Carried {
  context: Context;
  creation?: SpanContext;
}

export const CARRIES_NOTHING: Carried = { context: ROOT_CONTEXT };

/** As {@link extract}, with the creation context by itself. */
export function readCarried<M>(system: MessagingSystem<M>, message: M): Carried {
  const plain = plainCreation(system, message);
  if (plain) return { context: contextWith(ROOT_CONTEXT, trace.wrapSpanContext(plain)), creation: plain };
  const context = extract(system, message);
  return { context, creation: spanContextOf(context) };
}

/** The creation context that a message carries. */
export function creationOf<M>(system: MessagingSystem<M>, message: M): SpanContext | undefined {
  return plainCreation(system, message) ?? spanContextOf(extract(system, message));
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

/**
 * The creation context of a message that carries a plain traceparent and neither tracestate nor baggage, which is most
 * of them, read without the propagator's general work; undefined where that is needed.
 */
function plainCreation<M>({ getter }: MessagingSystem<M>, message: M): SpanContext | undefined {
  if (!globalPropagator().readsPlainly) return undefined;
  try {
    const creation = readPlain(getter.get(message, 'traceparent'));
    if (!creation || getter.get(message, 'tracestate') !== undefined) return undefined;
    return getter.get(message, 'baggage') === undefined ? creation : undefined;
  } catch (error) {
    return tellFailure('extracting', error);
  }
}

const readPlain = (text: unknown) => (typeof text === 'string' ? readTraceparent(text) : undefined);

/**
 * The creation contexts of a batch's messages, one after the other. Neighbours tend to have the same one: a message
 * whose fields are those of the message before is not read anew, where the propagators are known to read nothing else.
 */
export class CreationContexts<M> {
  private readonly _propagator = globalPropagator();
  private readonly _fields: unknown[] = [];
  private _creation?: SpanContext;

  constructor(private readonly _system: MessagingSystem<M>) {}

  of(message: M): SpanContext | undefined {
    if (!this._propagator.isW3c) return creationOf(this._system, message);
    const hasNewFields = guarded('reading a context', () => this._hasNewFields(message));
    if (hasNewFields) this._creation = this._plain() ?? creationOf(this._system, message);
    if (hasNewFields !== undefined) return this._creation;
    this._fields.length = 0;
    return undefined;
  }

  private _hasNewFields(message: M): boolean {
    const { fields } = this._propagator;
    let isNew = this._fields.length === 0;
    for (let index = 0; index < fields.length; index++) {
      const value = this._system.getter.get(message, fields[index]);
      if (value === this._fields[index] && index < this._fields.length) continue;
      this._fields[index] = value;
      isNew = true;
    }
    return isNew;
  }

  /** As {@link plainCreation}, of the fields that are read already. */
  private _plain(): SpanContext | undefined {
    const { fields, readsPlainly } = this._propagator;
    if (!readsPlainly) return undefined;
    const isPlain = this._fields.every((value, index) => value === undefined || fields[index] === 'traceparent');
    return isPlain ? readPlain(this._fields[fields.indexOf('traceparent')]) : undefined;
  }
}
