import type { TracerProviderConfigModel } from '@opentelemetry/configuration';
import type { Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, SimpleSpanProcessor, TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { report } from '@queuetrace/messaging';
import { batchOptions } from './batch-options';
import type { Exporters } from './exporters';
import { samplerOf } from './sampler';

type ProcessorModel = TracerProviderConfigModel['processors'][number];

/** With no processor the context of a trace still goes on, through the messages. */
export function tracerProviderOf(
  { processors, limits, sampler }: TracerProviderConfigModel,
  resource: Resource,
  exporters: Exporters,
  onEnd: SpanProcessor,
): TracerProvider {
  const made = processors.map(model => spanProcessor(model, exporters)).filter(one => one !== undefined);
  return new TracerProvider({
    resource,
    sampler: samplerOf(sampler),
    spanLimits: {
      attributeValueLengthLimit: limits?.attribute_value_length_limit ?? undefined,
      attributeCountLimit: limits?.attribute_count_limit ?? undefined,
      eventCountLimit: limits?.event_count_limit ?? undefined,
      linkCountLimit: limits?.link_count_limit ?? undefined,
      attributePerEventCountLimit: limits?.event_attribute_count_limit ?? undefined,
      attributePerLinkCountLimit: limits?.link_attribute_count_limit ?? undefined,
    },
    spanProcessors: [...made, onEnd],
  });
}

function spanProcessor({ batch, simple, ...others }: ProcessorModel, exporters: Exporters): SpanProcessor | undefined {
  const exporter = (batch ?? simple) && exporters.ofSpans((batch ?? simple)!.exporter);
  if (exporter && simple) return new SimpleSpanProcessor({ exporter });
  if (exporter && batch) return new BatchSpanProcessor({ exporter, ...batchOptions(batch) });
  const names = Object.keys(others).join(', ');
  if (names) report(`tracer_provider: the processor ${names} is not known; allowed: batch, simple. It is ignored.`);
  return undefined;
}
