import type { OtlpHttpExporterConfigModel, OtlpHttpMetricExporterConfigModel } from '@opentelemetry/configuration';
import {
  createOtlpNetworkExportDelegate,
  ExporterMetrics,
  getSharedConfigurationDefaults,
  OTLPExporterBase,
  type IOtlpExportDelegate,
} from '@opentelemetry/otlp-exporter-base';
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  LogsExporterMetricsHelper,
  MetricsExporterMetricsHelper,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
  type IExporterMetricsHelper,
  type ISerializer,
} from '@opentelemetry/otlp-transformer';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type AggregationOption,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { nameTable } from '@queuetrace/messaging';
import { endpointOf, type Signal } from './endpoint';
import { OtlpTransport } from './transport';

type Made<Exporter> = [Exporter, OtlpTransport];
type OtlpModel = NonNullable<OtlpHttpExporterConfigModel>;

const isJson = (model: OtlpModel) => model.encoding === 'json';

export function otlpSpanExporter(model: OtlpModel): Made<SpanExporter> {
  const serializer = isJson(model) ? JsonTraceSerializer : ProtobufTraceSerializer;
  const [delegate, transport] = delegateOf('traces', model, serializer, TraceExporterMetricsHelper);
  return [new OTLPExporterBase(delegate), transport];
}

export function otlpLogExporter(model: OtlpModel): Made<LogRecordExporter> {
  const serializer = isJson(model) ? JsonLogsSerializer : ProtobufLogsSerializer;
  const [delegate, transport] = delegateOf('logs', model, serializer, LogsExporterMetricsHelper);
  return [new OTLPExporterBase(delegate), transport];
}

export function otlpMetricExporter(model: NonNullable<OtlpHttpMetricExporterConfigModel>): Made<PushMetricExporter> {
  const serializer = isJson(model) ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  const [delegate, transport] = delegateOf('metrics', model, serializer, MetricsExporterMetricsHelper);
  return [new OtlpMetricExporter(delegate, model), transport];
}

function delegateOf<Items, Answer>(
  signal: Signal,
  model: OtlpModel,
  serializer: ISerializer<Items, Answer>,
  helper: IExporterMetricsHelper<Items>,
): Made<IOtlpExportDelegate<Items>> {
  const endpoint = endpointOf(signal, model);
  const transport = new OtlpTransport(endpoint);
  const defaults = getSharedConfigurationDefaults();
  // 0 is "no limit" in declarative configuration.
  const timeoutMillis = model.timeout === 0 ? 2 ** 31 - 1 : (model.timeout ?? defaults.timeoutMillis);
  // The exporter's metrics about itself: nowhere to go.
  const metrics = new ExporterMetrics({
    componentType: `otlp_http_${signal}_exporter`,
    metricsHelper: helper,
    url: endpoint.url,
    meterProvider: undefined,
    responseAttributesFromError: () => ({}),
  });
  return [createOtlpNetworkExportDelegate({ ...defaults, timeoutMillis }, serializer, metrics, transport), transport];
}

/** The instruments whose points are differences, by temporality preference (OTLP metrics exporter specification). */
const DELTA = nameTable<readonly InstrumentType[]>({
  delta: [
    InstrumentType.COUNTER,
    InstrumentType.OBSERVABLE_COUNTER,
    InstrumentType.GAUGE,
    InstrumentType.OBSERVABLE_GAUGE,
    InstrumentType.HISTOGRAM,
  ],
  low_memory: [InstrumentType.COUNTER, InstrumentType.HISTOGRAM],
});

class OtlpMetricExporter extends OTLPExporterBase<ResourceMetrics> implements PushMetricExporter {
  constructor(
    delegate: IOtlpExportDelegate<ResourceMetrics>,
    private readonly _model: NonNullable<OtlpHttpMetricExporterConfigModel>,
  ) {
    super(delegate);
  }

  selectAggregation(type: InstrumentType): AggregationOption {
    const isExponential = this._model.default_histogram_aggregation === 'base2_exponential_bucket_histogram';
    if (!isExponential || type !== InstrumentType.HISTOGRAM) return { type: AggregationType.DEFAULT };
    return { type: AggregationType.EXPONENTIAL_HISTOGRAM };
  }

  selectAggregationTemporality(type: InstrumentType): AggregationTemporality {
    const isDelta = DELTA[this._model.temporality_preference ?? 'cumulative']?.includes(type);
    return isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
  }
}
