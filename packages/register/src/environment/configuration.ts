import type {
  ConfigurationModel,
  MeterProviderConfigModel,
  PropagatorConfigModel,
  ResourceConfigModel,
  SpanLimitsConfigModel,
  TracerProviderConfigModel,
} from '@opentelemetry/configuration';
import { CONTEXT_PROPAGATORS } from '../sdk/propagators';
import { RESOURCE_DETECTORS } from '../sdk/resource';
import { logExporters, metricExporters, spanExporters } from './exporters';
import { samplerFromEnvironment } from './sampler';
import type { Variables } from './variables';

/**
 * What the environment says, in the model of OpenTelemetry's declarative configuration: the SDK is started from that
 * model, whatever it was read from.
 */
export function configurationFromEnvironment(variables: Variables): ConfigurationModel {
  return {
    resource: resource(variables),
    propagator: propagator(variables),
    tracer_provider: tracerProvider(variables),
    meter_provider: meterProvider(variables),
    logger_provider: loggerProvider(variables),
  };
}

function resource(variables: Variables): ResourceConfigModel {
  const attributes = new Map<string, string>(variables.pairs('OTEL_RESOURCE_ATTRIBUTES'));
  const serviceName = variables.text('OTEL_SERVICE_NAME');
  if (serviceName) attributes.set('service.name', serviceName);
  const names = ['all', 'none', 'env', ...Object.keys(RESOURCE_DETECTORS)];
  const asked = variables.listOf(names, 'OTEL_NODE_RESOURCE_DETECTORS') ?? ['host', 'process'];
  const detectors = asked.includes('all') ? Object.keys(RESOURCE_DETECTORS) : asked;
  return {
    attributes: [...attributes].map(([name, value]) => ({ name, value })),
    'detection/development': {
      detectors: detectors.filter(name => name in RESOURCE_DETECTORS).map(name => ({ [name]: null })),
    },
  };
}

function propagator(variables: Variables): PropagatorConfigModel {
  const allowed = [...Object.keys(CONTEXT_PROPAGATORS), 'none'];
  const names = variables.listOf(allowed, 'OTEL_PROPAGATORS') ?? ['tracecontext', 'baggage'];
  return { composite: names.includes('none') ? [] : names.map(name => ({ [name]: null })) };
}

function tracerProvider(variables: Variables): TracerProviderConfigModel {
  const batch = {
    schedule_delay: variables.count(0, 'OTEL_BSP_SCHEDULE_DELAY'),
    export_timeout: variables.count(1, 'OTEL_BSP_EXPORT_TIMEOUT'),
    max_queue_size: variables.count(1, 'OTEL_BSP_MAX_QUEUE_SIZE'),
    max_export_batch_size: variables.count(1, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
  };
  return {
    // The console is for looking at: each span at once.
    processors: spanExporters(variables).map(exporter =>
      'console' in exporter ? { simple: { exporter } } : { batch: { ...batch, exporter } },
    ),
    limits: spanLimits(variables),
    sampler: samplerFromEnvironment(variables),
  };
}

function spanLimits(variables: Variables): SpanLimitsConfigModel {
  const limit = (...names: string[]) => variables.count(0, ...names);
  return {
    attribute_value_length_limit: limit('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
    attribute_count_limit: limit('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'),
    event_count_limit: limit('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    link_count_limit: limit('OTEL_SPAN_LINK_COUNT_LIMIT'),
    event_attribute_count_limit: limit('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'),
    link_attribute_count_limit: limit('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'),
  };
}

function meterProvider(variables: Variables): MeterProviderConfigModel | undefined {
  const readers = metricExporters(variables).map(exporter => ({
    periodic: {
      interval: variables.count(1, 'OTEL_METRIC_EXPORT_INTERVAL'),
      timeout: variables.count(1, 'OTEL_METRIC_EXPORT_TIMEOUT'),
      exporter,
    },
  }));
  return readers.length > 0 ? { readers } : undefined;
}

function loggerProvider(variables: Variables): ConfigurationModel['logger_provider'] {
  const batch = {
    schedule_delay: variables.count(0, 'OTEL_BLRP_SCHEDULE_DELAY'),
    export_timeout: variables.count(1, 'OTEL_BLRP_EXPORT_TIMEOUT'),
    max_queue_size: variables.count(1, 'OTEL_BLRP_MAX_QUEUE_SIZE'),
    max_export_batch_size: variables.count(1, 'OTEL_BLRP_MAX_EXPORT_BATCH_SIZE'),
  };
  const processors = logExporters(variables).map(exporter =>
    'console' in exporter ? { simple: { exporter } } : { batch: { ...batch, exporter } },
  );
  return processors.length > 0 ? { processors } : undefined;
}
