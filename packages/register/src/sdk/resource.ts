import type { ResourceConfigModel } from '@opentelemetry/configuration';
import type { AttributeValue } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  hostDetector,
  osDetector,
  processDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  type Resource,
  type ResourceDetector,
} from '@opentelemetry/resources';
import { didYouMean, matcher, nameTable, report } from '@queuetrace/messaging';

export const RESOURCE_DETECTORS = nameTable<ResourceDetector>({
  host: hostDetector,
  os: osDetector,
  process: processDetector,
  serviceinstance: serviceInstanceIdDetector,
});

/** What is configured counts more than what is detected. */
export function resourceOf({ attributes = [], ...model }: ResourceConfigModel): Resource {
  const { detectors = [], attributes: filter = {} } = model['detection/development'] ?? {};
  const detected = detectResources({ detectors: detectors.flatMap(one => Object.keys(one)).flatMap(detectorOf) });
  const configured = attributes.map(({ name, value }) => [name, value as AttributeValue]);
  return defaultResource()
    .merge(filtered(detected, filter))
    .merge(resourceFromAttributes(Object.fromEntries(configured)));
}

function detectorOf(name: string): ResourceDetector[] {
  // The name that declarative configuration has for it.
  const detector = RESOURCE_DETECTORS[name === 'service' ? 'serviceinstance' : name];
  if (detector) return [detector];
  const known = Object.keys(RESOURCE_DETECTORS);
  report(
    `resource.detection/development.detectors: "${name}" is not bundled; allowed: ${known.join(', ')}. It is ignored.${didYouMean(name, known)}`,
  );
  return [];
}

function filtered(
  resource: Resource,
  { included, excluded = [] }: { included?: string[]; excluded?: string[] },
): Resource {
  if (!included && excluded.length === 0) return resource;
  const [isIncluded, isExcluded] = [matcher(included ?? ['*']), matcher(excluded)];
  const kept = Object.entries(resource.attributes).filter(([name]) => isIncluded(name) && !isExcluded(name));
  return resourceFromAttributes(Object.fromEntries(kept));
}
