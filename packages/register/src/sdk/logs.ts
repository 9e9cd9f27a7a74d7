import type { LoggerProviderConfigModel } from '@opentelemetry/configuration';
import type { Resource } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  SimpleLogRecordProcessor,
  type LogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { batchOptions } from './batch-options';
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
  return new BatchLogRecordProcessor({ exporter, ...batchOptions(batch) });
}
