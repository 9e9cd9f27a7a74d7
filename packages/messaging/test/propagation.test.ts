import { deepStrictEqual, strictEqual } from 'node:assert';
import {
  createContextKey,
  createTraceState,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type SpanContext,
  type TextMapPropagator,
} from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { contextWith } from '../src/operation-context';
import { creationOf, fieldsOf, readCarried, spanContextOf } from '../src/propagation';
import { kafka } from '../src/systems/kafka';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const PLAIN = `00-${TRACE_ID}-${SPAN_ID}-01`;

/** What is written on the wire, well-formed or not. */
const CARRIERS: Record<string, Record<string, string>> = {
  'no context': {},
  'a plain traceparent': { traceparent: PLAIN },
  'an unsampled one': { traceparent: `00-${TRACE_ID}-${SPAN_ID}-00` },
  'flags of a later level': { traceparent: `00-${TRACE_ID}-${SPAN_ID}-03` },
  'all flags': { traceparent: `00-${TRACE_ID}-${SPAN_ID}-ff` },
  'a title-case key': { Traceparent: PLAIN },
  'a tracestate': { traceparent: PLAIN, tracestate: 'vendor=1,other=2' },
  'an empty tracestate': { traceparent: PLAIN, tracestate: '' },
  baggage: { traceparent: PLAIN, baggage: 'tenant=acme' },
  'baggage alone': { baggage: 'tenant=acme' },
  'a later version': { traceparent: `cc-${TRACE_ID}-${SPAN_ID}-01` },
  'a later version with more': { traceparent: `cc-${TRACE_ID}-${SPAN_ID}-01-what` },
  'version ff': { traceparent: `ff-${TRACE_ID}-${SPAN_ID}-01` },
  'version 00 with more': { traceparent: `${PLAIN}-what` },
  'upper case': { traceparent: PLAIN.toUpperCase() },
  'a trace id of zeros': { traceparent: `00-${'0'.repeat(32)}-${SPAN_ID}-01` },
  'a span id of zeros': { traceparent: `00-${TRACE_ID}-${'0'.repeat(16)}-01` },
  'a trace id that is none': { traceparent: `00-${'g'.repeat(32)}-${SPAN_ID}-01` },
  'flags that are none': { traceparent: `00-${TRACE_ID}-${SPAN_ID}-zz` },
  'letters beyond ASCII': { traceparent: `00-${'é'.repeat(32)}-${SPAN_ID}-01` },
  'other separators': { traceparent: PLAIN.replaceAll('-', '_') },
  'white space around': { traceparent: ` ${PLAIN} ` },
  'too short': { traceparent: PLAIN.slice(0, -1) },
  empty: { traceparent: '' },
};

const TRUSTED = createContextKey('trusted');
const w3c = () => new W3CTraceContextPropagator();
const PROPAGATORS: Record<string, TextMapPropagator> = {
  'W3C Trace Context and Baggage': new CompositePropagator({ propagators: [w3c(), new W3CBaggagePropagator()] }),
  'W3C Trace Context': w3c(),
  'Baggage alone': new W3CBaggagePropagator(),
  'one with the fields of W3C that reads otherwise': {
    fields: () => ['traceparent', 'tracestate'],
    inject() {},
    extract: into => trace.setSpanContext(into, { traceId: SPAN_ID + SPAN_ID, spanId: SPAN_ID, traceFlags: 1 }),
  },
  'one that reads nothing': { fields: () => ['traceparent'], inject() {}, extract: into => into },
  'one that writes where it may only': {
    fields: () => ['traceparent'],
    inject: (context, carrier, setter) => {
      if (context.getValue(TRUSTED) !== false) w3c().inject(context, carrier, setter);
    },
    extract: (into, carrier, getter) => w3c().extract(into, carrier, getter),
  },
};

/** What an operation's span says of itself, and what it is in. */
const WRITTEN: Record<string, [Partial<SpanContext>, Context?]> = {
  'a sampled span': [{}],
  'one that is not sampled': [{ traceFlags: 0 }],
  'flags of a later level': [{ traceFlags: 3 }],
  'a trace state': [{ traceState: createTraceState('vendor=1') }],
  'no valid span': [{ traceId: '0'.repeat(32) }],
  baggage: [{}, propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ tenant: { value: 'acme' } }))],
  'a value of the app’s': [{}, ROOT_CONTEXT.setValue(TRUSTED, false)],
};

describe('what a message carries', () => {
  for (const [name, propagator] of Object.entries(PROPAGATORS)) {
    for (const [carrier, headers] of Object.entries(CARRIERS)) {
      it(`is what the propagator reads: ${carrier}, ${name}`, () => {
        propagation.disable();
        propagation.setGlobalPropagator(propagator);
        const message = { headers: { ...headers } };
        const context = propagation.extract(ROOT_CONTEXT, message, kafka.getter);
        const creation = trace.getSpanContext(context);
        const carried = readCarried(kafka, message);
        deepStrictEqual(plain(carried.creation), plain(creation));
        deepStrictEqual(plain(trace.getSpanContext(carried.context)), plain(creation));
        deepStrictEqual(plain(creationOf(kafka, message)), plain(creation));
        deepStrictEqual(
          propagation.getBaggage(carried.context)?.getAllEntries(),
          propagation.getBaggage(context)?.getAllEntries(),
        );
      });
    }
  }

  it('is read by the propagator that there is now', () => {
    const message = { headers: { traceparent: PLAIN } };
    propagation.disable();
    strictEqual(creationOf(kafka, message), undefined);
    propagation.setGlobalPropagator(w3c());
    strictEqual(creationOf(kafka, message)?.spanId, SPAN_ID);
    propagation.disable();
    propagation.setGlobalPropagator(new W3CBaggagePropagator());
    strictEqual(creationOf(kafka, message), undefined);
  });
});

describe('what is written into a message', () => {
  for (const [name, propagator] of Object.entries(PROPAGATORS)) {
    for (const [what, [spanContext, parent = ROOT_CONTEXT]] of Object.entries(WRITTEN)) {
      it(`is what the propagator writes: ${what}, ${name}`, () => {
        propagation.disable();
        propagation.setGlobalPropagator(propagator);
        const own = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, ...spanContext };
        const span = trace.wrapSpanContext(own);
        const written = {};
        propagation.inject(trace.setSpan(parent, span), written);
        const context = contextWith(parent, span, {});
        deepStrictEqual(fieldsOf(context, spanContextOf(context)), written);
      });
    }
  }
});

/** A span context as it can be compared: the trace state is an object of the propagator's. */
const plain = (context: ReturnType<typeof trace.getSpanContext>) =>
  context && { ...context, traceState: context.traceState?.serialize() };
