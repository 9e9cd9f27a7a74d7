import type { Destination, Operation } from './types';

/** `{operation name} {destination}`; a generated destination is left out (messaging-spans.md, "Span name"). */
export function spanName<M>({ name, destination }: Operation<M>): string {
  const nameable = destination.template ?? lowCardinalityName(destination);
  return nameable ? `${name} ${nameable}` : name;
}

/** A destination's name where it may stand in span names and metrics. */
export function lowCardinalityName({ name, isTemporary, isAnonymous }: Destination): string | undefined {
  return isTemporary || isAnonymous ? undefined : name;
}
