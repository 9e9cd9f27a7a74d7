import { conventionErrors } from './conventions';
import { metricErrors } from './metric-conventions';
import { telemetry } from './telemetry';

/** Telemetry of these scopes has to pass the conventions. */
export const SCOPE_PREFIX = '@queuetrace/';

const GRACE_MS = 5_000;

/** What is wrong with the telemetry of the current test; spans that end late get `graceMs`. */
export async function telemetryErrors(graceMs = GRACE_MS): Promise<string[]> {
  const lifeErrors = await telemetry.spanLifeErrors(graceMs);
  const spans = telemetry.spans().filter(span => span.instrumentationScope.name.startsWith(SCOPE_PREFIX));
  const points = (await telemetry.metricPoints()).filter(point => point.scope.startsWith(SCOPE_PREFIX));
  const errors = [
    ...spans.flatMap(span => conventionErrors(span).map(error => `span "${span.name}": ${error}`)),
    ...points.flatMap(point => metricErrors(point.name, point).map(error => `metric ${point.name}: ${error}`)),
  ];
  return [...lifeErrors, ...new Set(errors.filter(error => !telemetry.isExcused(error)))];
}
