import type { LoggerProviderConfigModel } from '@opentelemetry/configuration';
import type { Resource } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  SimpleLogRecordProcessor,
  type LogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import type { Exporters } from './exporters';

export function loggerProviderOf(
  { processors, limits }: LoggerProviderConfigModel,
  resource: Resource,
  exporters: Exporters,
): LoggerProvider {
  const made = processors.map(model => logRecordProcessor(model, exporters)).filter(one => one !== undefined);
  return new LoggerProvider({
    resource,
    processors: made,
    logRecordLimits: {
      attributeValueLengthLimit: limits?.attribute_value_length_limit ?? undefined,
      attributeCountLimit: limits?.attribute_count_limit ?? undefined,
    },
  });
}

function logRecordProcessor(
  { batch, simple }: LoggerProviderConfigModel['processors'][number],
  exporters: Exporters,
): LogRecordProcessor | undefined {
  const exporter = (batch ?? simple) && exporters.ofLogs((batch ?? simple)!.exporter);
  if (exporter && simple) return new SimpleLogRecordProcessor({ exporter });
  if (!exporter || !batch) return undefined;
  return new BatchLogRecordProcessor({
    exporter,
    scheduledDelayMillis: batch.schedule_delay ?? undefined,
    exportTimeoutMillis: batch.export_timeout ?? undefined,
    maxQueueSize: batch.max_queue_size ?? undefined,
    maxExportBatchSize: batch.max_export_batch_size ?? undefined,
  });
}
