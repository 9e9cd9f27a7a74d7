import { isDeepStrictEqual } from 'node:util';
import {
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';
import { guarded } from './guarded';
import { contextWith } from './operation-context';
import { XRAY_FIELD, XRAY_HEADER } from './systems/aws-trace-header';
import type { MessagingSystem } from './types';

const setter = {
  set: (fields: Map<string, string>, key: string, value: string) =>
    void fields.set(key === XRAY_FIELD ? XRAY_HEADER : key, value),
};

/** What the configured propagator writes for a context: strings by field name, as it is spelled on the wire. */
export function fieldsOf(context: Context): Map<string, string> {
  const fields = new Map<string, string>();
  guarded('injecting', () => propagation.inject(context, fields, setter));
  return fields;
}

/** The creation context that a message carries, with its baggage; without one, the context that it is put into. */
export function extract<M>(system: MessagingSystem<M>, message: M, into = ROOT_CONTEXT): Context {
  return guarded('extracting', () => propagation.extract(into, message, system.getter)) ?? into;
}

/** What a message carries, put into the root context. */
export interface Carried {
  context: Context;
  creation?: SpanContext;
}

export const CARRIES_NOTHING: Carried = { context: ROOT_CONTEXT };

/** As {@link extract}, with the creation context by itself. */
export function readCarried<M>(system: MessagingSystem<M>, message: M): Carried {
  const plain = guarded('extracting', () => plainCreation(system, message));
  if (plain) return { context: contextWith(ROOT_CONTEXT, trace.wrapSpanContext(plain)), creation: plain };
  const context = extract(system, message);
  return { context, creation: spanContextOf(context) };
}

/** The creation context that a message carries. */
export function creationOf<M>(system: MessagingSystem<M>, message: M): SpanContext | undefined {
  return guarded('extracting', () => plainCreation(system, message)) ?? spanContextOf(extract(system, message));
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
const isW3c = (fields: readonly string[]) => fields.length > 0 && fields.every(field => W3C_FIELDS.has(field));

/** Of a traceparent of version 00 (W3C Trace Context, "traceparent Header"). */
const PLAIN_LENGTH = 55;

/**
 * The creation context of a message that carries a plain traceparent and neither tracestate nor baggage, which is most
 * of them, read without the propagator's general work; undefined where that is needed.
 */
function plainCreation<M>({ getter }: MessagingSystem<M>, message: M): SpanContext | undefined {
  if (!readsPlainly()) return undefined;
  const creation = readPlain(getter.get(message, 'traceparent'));
  if (!creation || getter.get(message, 'tracestate') !== undefined) return undefined;
  return getter.get(message, 'baggage') === undefined ? creation : undefined;
}

function readPlain(text: unknown): SpanContext | undefined {
  if (typeof text !== 'string' || text.length !== PLAIN_LENGTH || !text.startsWith('00-')) return undefined;
  if (text[35] !== '-' || !isId(text, 3, 35) || text[52] !== '-' || !isId(text, 36, 52)) return undefined;
  const traceFlags = digit(text, 53) * 16 + digit(text, 54);
  if (Number.isNaN(traceFlags)) return undefined;
  return { traceId: text.slice(3, 35), spanId: text.slice(36, 52), traceFlags, isRemote: true };
}

/** The value of each lower-case hexadecimal digit, by its code. */
const DIGITS = Array.from({ length: 128 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code));
  return value < 0 ? NaN : value;
});
const digit = (text: string, index: number) => DIGITS[text.charCodeAt(index)] ?? NaN;

/** Lower-case hexadecimal digits that are not all 0; digit by digit is half the price of a regular expression. */
function isId(text: string, start: number, end: number): boolean {
  let sum = 0;
  for (let index = start; index < end; index++) sum += digit(text, index);
  return sum > 0;
}

let probed: unknown;
let isPlain = false;

/** Whether the global propagator, as it is now, was seen to read a plain traceparent just as {@link readPlain} does. */
function readsPlainly(): boolean {
  // The API has no public way to tell that the propagator is another one; where this one is gone, none is known.
  const current = (propagation as unknown as { _getGlobalPropagator?(): unknown })._getGlobalPropagator?.();
  if (current !== probed) {
    probed = current;
    isPlain = current !== undefined && isW3c(propagation.fields()) && PROBES.every(isReadPlainly);
  }
  return isPlain;
}

const PROBES = ['00', '01', '03', 'ff'].map(flags => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`);

function isReadPlainly(traceparent: string): boolean {
  const extracted = spanContextOf(propagation.extract(ROOT_CONTEXT, { traceparent }));
  return isDeepStrictEqual({ ...extracted }, readPlain(traceparent));
}

/**
 * The creation contexts of a batch's messages, one after the other. Neighbours tend to have the same one: a message
 * whose fields are those of the message before is not read anew, where the propagators are known to read nothing else.
 */
export class CreationContexts<M> {
  private readonly _fields = propagation.fields();
  private readonly _isW3c = isW3c(this._fields);
  private _values?: unknown[];
  private _creation?: SpanContext;

  constructor(private readonly _system: MessagingSystem<M>) {}

  of(message: M): SpanContext | undefined {
    if (!this._isW3c) return creationOf(this._system, message);
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
    this._creation = creationOf(this._system, message);
    this._values = guarded('comparing contexts', () =>
      this._fields.map(field => this._system.getter.get(message, field)),
    );
  }
}
