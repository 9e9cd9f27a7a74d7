import { isDeepStrictEqual } from 'node:util';
import { propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { guarded } from './guarded';
import { readTraceparent, writeTraceparent } from './traceparent';

/** What is known of the global propagator: to ask it for each message costs more than to read the message. */
interface GlobalPropagator {
  readonly fields: readonly string[];
  /** It reads and writes nothing but what W3C says. */
  readonly isW3c: boolean;
  /** It was seen to read a plain traceparent just as {@link readTraceparent} does. */
  readonly readsPlainly: boolean;
  /** The same of what it writes, where a span is all that there is. */
  readonly writesPlainly: boolean;
}

/** What W3C's propagators write is all that they read. */
const W3C_FIELDS = new Set(['traceparent', 'tracestate', 'baggage']);

let known: GlobalPropagator | undefined;
let knownOf: unknown;

/** The global propagator as it is now. */
export function globalPropagator(): GlobalPropagator {
  // The API has no public way to tell that the propagator is another one; where this one is gone, none is known.
  const current = (propagation as unknown as { _getGlobalPropagator?(): unknown })._getGlobalPropagator?.();
  if (known && current !== undefined && current === knownOf) return known;
  const fields = guarded('asking a propagator', () => propagation.fields()) ?? [];
  const isW3c = fields.length > 0 && fields.every(field => W3C_FIELDS.has(field));
  knownOf = current;
  const isProbed = current !== undefined && isW3c;
  known = {
    fields,
    isW3c,
    readsPlainly: isProbed && PROBES.every(isReadPlainly),
    writesPlainly: isProbed && PROBES.every(isWrittenPlainly),
  };
  return known;
}

const PROBES = ['00', '01', '03', 'ff'].map(flags => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`);

function isReadPlainly(traceparent: string): boolean {
  const extracted = guarded('extracting', () => propagation.extract(ROOT_CONTEXT, { traceparent }));
  return !!extracted && isDeepStrictEqual({ ...trace.getSpanContext(extracted) }, readTraceparent(traceparent));
}

function isWrittenPlainly(traceparent: string): boolean {
  const spanContext = readTraceparent(traceparent)!;
  const plain = writeTraceparent(spanContext);
  if (plain === undefined) return true;
  const fields = {};
  guarded('injecting', () =>
    propagation.inject(trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext(spanContext)), fields),
  );
  return isDeepStrictEqual(fields, { traceparent: plain });
}
