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

export const RESOURCE_DETECTORS: Readonly<Record<string, ResourceDetector>> = {
  host: hostDetector,
  os: osDetector,
  process: processDetector,
  serviceinstance: serviceInstanceIdDetector,
};

/** What is configured counts more than what is detected. */
export function resourceOf({ attributes = [], ...model }: ResourceConfigModel): Resource {
  const names = model['detection/development']?.detectors?.flatMap(one => Object.keys(one)) ?? [];
  // The name that declarative configuration has for it.
  const detectors = names.map(name => RESOURCE_DETECTORS[name === 'service' ? 'serviceinstance' : name]);
  const configured = attributes.map(({ name, value }) => [name, value as AttributeValue]);
  return defaultResource()
    .merge(detectResources({ detectors: detectors.filter(Boolean) }))
    .merge(resourceFromAttributes(Object.fromEntries(configured)));
}
