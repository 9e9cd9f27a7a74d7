import { context, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { errorMessage, errorType } from './error-type';
import { guarded } from './guarded';
import { tellOutcome } from './tell-outcome';
import type { TelemetryCore } from './telemetry-core';

export type TransactionOutcome = 'committed' | 'aborted' | 'abandoned';

/** Sends that count together or not at all: a span around them, which is no messaging operation and ends exactly once. */
export class Transaction {
  private readonly _begunIn = context.active();
  private readonly _span: Span;
  private _isEnded = false;

  constructor(
    private readonly _core: TelemetryCore<never>,
    attributes: { clientId?: string },
  ) {
    this._span = _core.startEnclosing('transaction', attributes);
  }

  /** Runs in the transaction's context, unless the app has a span of its own active. */
  run<T>(fn: () => T): T {
    const active = context.active();
    if (this._isEnded || trace.getSpan(active) !== trace.getSpan(this._begunIn)) return fn();
    return context.with(trace.setSpan(active, this._span), fn);
  }

  /** One `then` on a step's promise, with the same outcome; a step that fails ends the transaction. */
  follow<T>(step: Promise<T>, onSuccess: (value: T) => void): Promise<T> {
    return tellOutcome(step, onSuccess, error => this._end(() => this._fail(error)));
  }

  end(outcome: TransactionOutcome): void {
    this._end(() => this._span.setAttributes(this._core.writer.write({ kafkaTransactionOutcome: outcome })));
  }

  private _end(tell: () => void): void {
    if (this._isEnded) return;
    this._isEnded = true;
    guarded('ending a transaction', () => {
      tell();
      this._span.end();
    });
  }

  private _fail(error: unknown): void {
    this._span.setAttributes(this._core.writer.write({ errorType: errorType(error) }));
    this._span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessage(error) });
    this._core.recordException(this._span, 'send', error, context.active());
  }
}
