import { context, trace, type Logger, type LoggerProvider, type LogRecord, type SpanContext } from '@opentelemetry/api';

export interface RecordedLog extends LogRecord {
  /** Name of the instrumentation scope. */
  readonly scope: string;
  readonly spanContext?: SpanContext;
}

/** A logger provider that keeps what is emitted: enough for exception events, without the logs SDK. */
export class LogRecorder implements LoggerProvider {
  private recorded: RecordedLog[] = [];

  begin(): void {
    this.recorded = [];
  }

  logRecords(): RecordedLog[] {
    return [...this.recorded];
  }

  getLogger(scope: string): Logger {
    return {
      enabled: () => true,
      emit: record => {
        const spanContext = trace.getSpanContext(record.context ?? context.active());
        this.recorded.push({ ...record, scope, spanContext });
      },
    };
  }
}
