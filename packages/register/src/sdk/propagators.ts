import type { PropagatorConfigModel } from '@opentelemetry/configuration';
import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { didYouMean, nameTable, report } from '@queuetrace/messaging';

/* eslint-disable @typescript-eslint/no-require-imports -- only the propagators in use are loaded. */
const b3 = () => require('@opentelemetry/propagator-b3') as typeof import('@opentelemetry/propagator-b3');
const xray = () => require('@opentelemetry/propagator-aws-xray') as typeof import('@opentelemetry/propagator-aws-xray');

/** What a message can carry its context as, by the names of `OTEL_PROPAGATORS`. */
export const CONTEXT_PROPAGATORS = nameTable<() => TextMapPropagator>({
  tracecontext: () => new W3CTraceContextPropagator(),
  baggage: () => new W3CBaggagePropagator(),
  b3: () => new (b3().B3Propagator)(),
  b3multi: () => new (b3().B3Propagator)({ injectEncoding: b3().B3InjectEncoding.MULTI_HEADER }),
  xray: () => new (xray().AWSXRayPropagator)(),
});

export function propagatorOf({ composite = [], composite_list }: PropagatorConfigModel): TextMapPropagator {
  const listed = composite_list?.split(',').map(name => name.trim()) ?? [];
  const names = new Set([
    ...composite.flatMap(one => Object.keys(one)),
    ...listed.filter(name => name && name !== 'none'),
  ]);
  const propagators = [...names].flatMap(name => {
    if (CONTEXT_PROPAGATORS[name]) return [CONTEXT_PROPAGATORS[name]()];
    const known = Object.keys(CONTEXT_PROPAGATORS);
    report(
      `propagator.composite: "${name}" is not known; allowed: ${known.join(', ')}. It is ignored.${didYouMean(name, known)}`,
    );
    return [];
  });
  return new CompositePropagator({ propagators });
}
