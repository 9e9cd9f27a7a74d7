/** How a batch processor is configured, of spans and of log records alike. */
interface BatchModel {
  schedule_delay?: number | null;
  export_timeout?: number | null;
  max_queue_size?: number | null;
  max_export_batch_size?: number | null;
}

/** The same for the SDK, with its defaults where nothing is said. */
export function batchOptions(batch: BatchModel) {
  return {
    scheduledDelayMillis: batch.schedule_delay ?? undefined,
    exportTimeoutMillis: batch.export_timeout ?? undefined,
    maxQueueSize: batch.max_queue_size ?? undefined,
    maxExportBatchSize: batch.max_export_batch_size ?? undefined,
  };
}
