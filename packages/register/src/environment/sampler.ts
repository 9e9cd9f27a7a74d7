import type { SamplerConfigModel } from '@opentelemetry/configuration';
import type { Variables } from './variables';

const SAMPLERS = ['always_on', 'always_off', 'traceidratio'] as const;
type Root = (typeof SAMPLERS)[number];

/** `OTEL_TRACES_SAMPLER` and its argument; undefined for the SDK's own, `parentbased_always_on`. */
export function samplerFromEnvironment(variables: Variables): SamplerConfigModel | undefined {
  const allowed = [...SAMPLERS, ...SAMPLERS.map(name => `parentbased_${name}` as const)];
  const name = variables.oneOf(allowed, 'OTEL_TRACES_SAMPLER');
  if (!name) return undefined;
  const root = rootSampler(name.replace('parentbased_', '') as Root, variables);
  return name.startsWith('parentbased_') ? { parent_based: { root } } : root;
}

function rootSampler(name: Root, variables: Variables): SamplerConfigModel {
  if (name !== 'traceidratio') return { [name]: null };
  return { trace_id_ratio_based: { ratio: variables.ratio('OTEL_TRACES_SAMPLER_ARG') ?? 1 } };
}
