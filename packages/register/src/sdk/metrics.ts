import type { MeterProviderConfigModel } from '@opentelemetry/configuration';
import type { Resource } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { report } from '@queuetrace/messaging';
import type { Exporters } from './exporters';

const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 30_000;

export function meterProviderOf(model: MeterProviderConfigModel, resource: Resource, exporters: Exporters) {
  if (model.views) report('meter_provider.views are not supported. They are ignored.');
  const readers = model.readers.map(reader => metricReader(reader, exporters)).filter(one => one !== undefined);
  return new MeterProvider({ resource, readers });
}

function metricReader({ periodic }: MeterProviderConfigModel['readers'][number], exporters: Exporters) {
  if (!periodic) {
    report('meter_provider.readers: pull readers are not bundled; allowed: periodic. It is ignored.');
    return undefined;
  }
  const exporter = exporters.ofMetrics(periodic.exporter);
  const exportIntervalMillis = periodic.interval ?? DEFAULT_INTERVAL_MS;
  // The reader throws where the timeout is the longer one.
  const exportTimeoutMillis = Math.min(periodic.timeout ?? DEFAULT_TIMEOUT_MS, exportIntervalMillis);
  return exporter && new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, exportTimeoutMillis });
}
