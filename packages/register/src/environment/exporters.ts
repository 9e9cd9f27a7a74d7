import type {
  LogRecordExporterConfigModel,
  OtlpHttpExporterConfigModel,
  PushMetricExporterConfigModel,
  SpanExporterConfigModel,
} from '@opentelemetry/configuration';
import { report } from '@queuetrace/messaging';
import type { Variables } from './variables';

type Signal = 'traces' | 'metrics' | 'logs';
const PROTOCOLS = ['http/protobuf', 'http/json'] as const;

export function spanExporters(variables: Variables): SpanExporterConfigModel[] {
  return exporterNames(variables, 'traces', ['otlp']).map(name =>
    name === 'console' ? { console: null } : { otlp_http: otlpExporter(variables, 'traces') },
  );
}

export function metricExporters(variables: Variables): PushMetricExporterConfigModel[] {
  const preference = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE';
  const histogram = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
  return exporterNames(variables, 'metrics', ['otlp']).map(name => {
    if (name === 'console') return { console: null };
    const temporality = variables.oneOf(['cumulative', 'delta', 'lowmemory'], preference);
    return {
      otlp_http: {
        ...otlpExporter(variables, 'metrics'),
        temporality_preference: temporality === 'lowmemory' ? 'low_memory' : temporality,
        default_histogram_aggregation: variables.oneOf(
          ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'],
          histogram,
        ),
      },
    };
  });
}

/** Only where they are asked for: the clients' logs are exceptions, which are span events unless logs are opted into. */
export function logExporters(variables: Variables): LogRecordExporterConfigModel[] {
  return exporterNames(variables, 'logs', []).map(name =>
    name === 'console' ? { console: null } : { otlp_http: otlpExporter(variables, 'logs') },
  );
}

function exporterNames(variables: Variables, signal: Signal, byDefault: string[]): string[] {
  const names = variables.listOf(['otlp', 'console', 'none'], `OTEL_${signal.toUpperCase()}_EXPORTER`);
  return (names ?? byDefault).filter(name => name !== 'none');
}

/** Each of these variables is there for all signals and for one of them, which then counts. */
function otlpExporter(variables: Variables, signal: Signal): NonNullable<OtlpHttpExporterConfigModel> {
  const names = (suffix: string): [string, string] => [
    `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${suffix}`,
    `OTEL_EXPORTER_OTLP_${suffix}`,
  ];
  // Both count, header by header.
  const headers = new Map(
    names('HEADERS')
      .reverse()
      .flatMap(name => variables.pairs(name) ?? []),
  );
  return {
    endpoint: endpoint(variables, signal),
    headers: [...headers].map(([name, value]) => ({ name, value })),
    compression: variables.oneOf(['gzip', 'none'], ...names('COMPRESSION')),
    timeout: variables.count(1, ...names('TIMEOUT')),
    encoding: encoding(variables, names('PROTOCOL')),
    tls: {
      ca_file: variables.text(...names('CERTIFICATE')),
      key_file: variables.text(...names('CLIENT_KEY')),
      cert_file: variables.text(...names('CLIENT_CERTIFICATE')),
    },
  };
}

/** The shared endpoint is a base that a signal's path is put behind; a signal's own is taken as it is. */
function endpoint(variables: Variables, signal: Signal): string | undefined {
  const own = variables.url(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`);
  if (own) return own;
  const base = variables.url('OTEL_EXPORTER_OTLP_ENDPOINT');
  return base && `${base.replace(/\/$/, '')}/v1/${signal}`;
}

function encoding(variables: Variables, names: [string, string]): 'protobuf' | 'json' {
  const isGrpc = variables.text(...names)?.toLowerCase() === 'grpc';
  if (isGrpc) {
    const name = names.find(one => variables.text(one));
    report(`${name} is "grpc", which is not bundled; allowed: ${PROTOCOLS.join(', ')}. Using http/protobuf.`);
  }
  return !isGrpc && variables.oneOf(PROTOCOLS, ...names) === 'http/json' ? 'json' : 'protobuf';
}
