import { SeverityNumber, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { errorMessage, errorType } from './error-type';
import { environment } from './file/file-options';
import { splitList } from './options';
import { exceptionEventName } from './semconv';
import type { OperationType } from './types';

/** The part of a logger that is used; absent where the API has no logs. */
export interface EventLogger {
  emit(record: {
    eventName: string;
    severityNumber: SeverityNumber;
    attributes: Attributes;
    context: Context;
    timestamp?: number;
  }): void;
}

export type RecordException = (span: Span, type: OperationType, error: unknown, context: Context) => void;

const WARN: SeverityNumber = 13;
const ERROR: SeverityNumber = 17;

/**
 * Tells an exception as a span event, as a log record, or as both: `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` is `logs`,
 * `logs/dup` or unset (semantic-conventions, messaging-exceptions.md).
 */
export function exceptionRecorder(
  logger: () => EventLogger | undefined,
  optIn = environment().OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN ?? '',
): RecordException {
  const choices = splitList(optIn);
  const isDoubled = choices.includes('logs/dup');
  const isLogged = isDoubled || choices.includes('logs');
  return (span, type, error, context) => {
    if (!isLogged || isDoubled) span.recordException(error instanceof Error ? error : errorMessage(error));
    if (!isLogged) return;
    logger()?.emit({
      eventName: exceptionEventName(type),
      severityNumber: type === 'process' ? ERROR : WARN,
      attributes: {
        'exception.type': errorType(error),
        'exception.message': errorMessage(error),
        'exception.stacktrace': error instanceof Error ? error.stack : undefined,
      },
      context,
    });
  };
}
