import type { SamplerConfigModel } from '@opentelemetry/configuration';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { didYouMean, readSection, report, type Section } from '@queuetrace/messaging';
import { MessagingSampler } from '../sampler/messaging-sampler';
import { SAMPLER_OPTIONS } from '../sampler/sampler-options';

const SAMPLERS = ['always_on', 'always_off', 'trace_id_ratio_based', 'parent_based', 'messaging'];

/** Undefined where the SDK's own sampler is meant. */
export function samplerOf(model: SamplerConfigModel | undefined): Sampler | undefined {
  if (!model) return undefined;
  if ('always_on' in model) return new AlwaysOnSampler();
  if ('always_off' in model) return new AlwaysOffSampler();
  if ('trace_id_ratio_based' in model) return new TraceIdRatioBasedSampler(model.trace_id_ratio_based?.ratio ?? 1);
  if ('parent_based' in model) return parentBased(model.parent_based ?? {});
  if ('messaging' in model) return messaging((model.messaging ?? {}) as Section & { root?: SamplerConfigModel });
  const names = Object.keys(model).join(', ');
  const hint = didYouMean(names, SAMPLERS);
  report(`tracer_provider.sampler: ${names} is not known; allowed: ${SAMPLERS.join(', ')}. It is ignored.${hint}`);
  return undefined;
}

function parentBased(model: NonNullable<SamplerConfigModel['parent_based']>): Sampler {
  return new ParentBasedSampler({
    root: samplerOf(model.root) ?? new AlwaysOnSampler(),
    remoteParentSampled: samplerOf(model.remote_parent_sampled),
    remoteParentNotSampled: samplerOf(model.remote_parent_not_sampled),
    localParentSampled: samplerOf(model.local_parent_sampled),
    localParentNotSampled: samplerOf(model.local_parent_not_sampled),
  });
}

/** The one of ours. */
function messaging({ root, ...section }: Section & { root?: SamplerConfigModel }): Sampler {
  const options = readSection(section, 'tracer_provider.sampler.messaging', SAMPLER_OPTIONS);
  return new MessagingSampler({ ...options, root: samplerOf(root) });
}
