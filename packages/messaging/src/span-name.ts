import type { Operation } from './types';

/** `{operation name} {destination}`; a generated destination is left out (messaging-spans.md, "Span name"). */
export function spanName<M>({ name, destination }: Operation<M>): string {
  return isLowCardinality(destination) ? `${name} ${destination.name}` : name;
}

/** Whether a destination's name may stand in span names and metrics. */
export function isLowCardinality({ name, isTemporary, isAnonymous }: Operation<unknown>['destination']): boolean {
  return Boolean(name) && !isTemporary && !isAnonymous;
}
