import type { SamplerConfigModel } from '@opentelemetry/configuration';
import { nearest, report, yamlName, type Environment } from '@queuetrace/messaging';
import { SAMPLER_OPTION_KEYS, SAMPLER_OPTIONS } from '../sampler/sampler-options';
import type { Variables } from './variables';

const SAMPLERS = ['always_on', 'always_off', 'traceidratio'] as const;
type Root = (typeof SAMPLERS)[number];
const PREFIX = 'OTEL_MQ_SAMPLER_';

/** `OTEL_TRACES_SAMPLER` and its argument; undefined for the SDK's own, `parentbased_always_on`. */
export function samplerFromEnvironment(variables: Variables): SamplerConfigModel | undefined {
  const allowed = ['messaging' as const, ...SAMPLERS, ...SAMPLERS.map(name => `parentbased_${name}` as const)];
  const name = variables.oneOf(allowed, 'OTEL_TRACES_SAMPLER');
  if (!name) return undefined;
  if (name === 'messaging') return messagingSampler(variables);
  const root = rootSampler(name.replace('parentbased_', '') as Root, variables);
  return name.startsWith('parentbased_') ? { parent_based: { root } } : root;
}

function rootSampler(name: Root, variables: Variables): SamplerConfigModel {
  if (name !== 'traceidratio') return { [name]: null };
  return { trace_id_ratio_based: { ratio: variables.ratio('OTEL_TRACES_SAMPLER_ARG') ?? 1 } };
}

function messagingSampler(variables: Variables): SamplerConfigModel {
  const options = SAMPLER_OPTION_KEYS.map(key => {
    const option = SAMPLER_OPTIONS[key];
    return [yamlName(key), variables.option<unknown>(option, PREFIX + option.suffix)];
  });
  return { messaging: { ...Object.fromEntries(options), root: rootSampler('traceidratio', variables) } };
}

/** Variables that are read by nobody. */
export function reportUnusedSamplerOptions(env: Environment): void {
  const known = SAMPLER_OPTION_KEYS.map(key => PREFIX + SAMPLER_OPTIONS[key].suffix);
  for (const name of Object.keys(env).filter(one => one.startsWith(PREFIX))) {
    const near = nearest(name, known);
    if (!known.includes(name)) report(`${name}: there is no such option; did you mean ${near ?? known.join(', ')}?`);
    else if (env.OTEL_TRACES_SAMPLER?.trim().toLowerCase() !== 'messaging')
      report(`${name} is for OTEL_TRACES_SAMPLER=messaging. It is ignored.`);
  }
}
