import { context, ROOT_CONTEXT, SpanStatusCode, type Context, type Span, type SpanContext } from '@opentelemetry/api';
import { isTracingSuppressed, suppressTracing } from '@opentelemetry/core';
import type { CreatedMessages } from './created-messages';
import { departureAttributes } from './dead-letter';
import { errorMessage, errorText, errorType, MAX_ERROR_TYPE_LENGTH, OTHER_ERROR, type Failure } from './error-type';
import { guarded, tellFailure } from './guarded';
import { contextWith } from './operation-context';
import { nextDeadLetter, type Past } from './past';
import { EVENT_NAMES, type EventKey, type MessagingAttributes } from './semconv';
import type { Series } from './series';
import { endStories } from './story';
import type { Start, StartTime, TelemetryCore } from './telemetry-core';
import { tellOutcome } from './tell-outcome';
import type { Operation, OperationType } from './types';

const NO_MESSAGES: readonly never[] = [];

/** A started operation: code runs in its context, and it ends exactly once. */
export class ActiveOperation<M = unknown> {
  readonly context: Context;
  readonly operation: Operation<M>;
  readonly type: OperationType;
  /** Told just before the end. */
  onEnd?: () => void;
  /** Its messages are counted as in flight, in this series, until it ends. */
  inFlight?: Series;
  /** A send's messages, where each has a span of its own. */
  created?: CreatedMessages<M>;
  /** A finer process operation ran inside this one, so that durations are recorded there. */
  isTimedElsewhere = false;
  /** What a process operation's message has behind it; undefined for a batch. */
  readonly past?: Past;
  /** The same of the messages of a batch. */
  readonly pasts?: readonly Past[];
  /** A process operation's messages say where they came from, where that is one context. */
  readonly creation?: SpanContext;
  /** The same of the messages of a batch, each its own. */
  readonly creations?: readonly (SpanContext | undefined)[];
  /** What became of a dead letter, where it is known before the end; `send`: it was sent on as a dead letter. */
  deadLetterAction?: 'retry' | 'archive' | 'send';
  /** The message was deleted, or is as soon as its handler has succeeded: it does not come again. */
  isSettled?: boolean;
  private _isEnded = false;
  private readonly _isCounted?: boolean;
  private readonly _messageCount: number;
  /** What was known of the client and the server at the start. */
  private readonly _clientId?: string;
  private readonly _isServerLate: boolean;
  /** As `performance.now()`; nobody asks for it where there is no meter. */
  readonly startedAtMs?: number;

  constructor(
    private readonly _core: TelemetryCore<M>,
    start: Start<M>,
    readonly span: Span,
  ) {
    // What it was started with is not kept: an operation may go on for long, and there may be many of them.
    const { operation, past, pasts, creation, creations, isCounted } = start;
    this.operation = operation;
    this.type = start.type;
    this.past = past;
    this.pasts = pasts;
    this.creation = creation;
    this.creations = creations;
    this.isSettled = operation.isSettledOnSuccess;
    this._isCounted = isCounted;
    this._messageCount = operation.messages.length;
    this._clientId = operation.clientId;
    this._isServerLate = !operation.server;
    this.startedAtMs = start.startTime?.monotonicMs ?? (_core.metrics?.isOn ? performance.now() : undefined);
    this.context = contextWith(start.parent, span, this);
  }

  get isEnded(): boolean {
    return this._isEnded;
  }

  run<T>(fn: () => T): T {
    return context.with(this.context, fn);
  }

  /** As {@link run}; a throw ends the operation, which else goes on. */
  runOrEnd<T>(fn: () => T): T {
    try {
      return this.run(fn);
    } catch (error) {
      this.end(error, true);
      throw error;
    }
  }

  /** Adds what became known only after the start; after the end it is too late. */
  set(attributes: MessagingAttributes): void {
    if (this._isEnded || !this.span.isRecording()) return;
    try {
      this._core.writer.set(attributes, this.span);
    } catch (error) {
      tellFailure('setting attributes', error);
    }
  }

  /** What becomes of the dead letter that is processed. */
  tellDeadLetter(action: 'retry' | 'archive'): void {
    this.deadLetterAction = action;
    this.set({ dlqAction: action });
  }

  /**
   * The broker makes a dead letter of the message, unless messages wait there to be tried again.
   * @param to what is known of where it goes: names of exchanges, queues or topics
   * @param failure why it was given up
   * @param settlement by which the broker was told so
   */
  tellBuried(to: readonly string[], { type, message }: Failure, settlement: string): void {
    if (to.some(name => this._core.isRetryDestination(name))) return;
    this.deadLetterAction = 'send';
    // Nobody need ever consume what goes there.
    const { operation } = this;
    this._core.metrics?.countStory('deadLetteredMessages', 'settle', { ...operation, name: settlement }, 1);
    const { name } = operation.destination;
    this.set(departureAttributes(nextDeadLetter(this.past ?? {}, name, errorText(type, message))));
  }

  /** The message was deleted, or is as soon as its handler has succeeded. */
  doesNotComeAgain(): void {
    this.isSettled = true;
  }

  /**
   * Ends with the outcome of `fn`, run in the operation's context; gives back what it gave. For a promise that is one
   * `then` on it with the same outcome, so that a rejection that nobody handles stays one.
   * @param onSuccess told the value, before the end
   * @param onSettled told the error, if any, before the end
   */
  follow<T>(fn: () => T, onSuccess?: (value: unknown) => void, onSettled?: (error?: unknown) => void): T {
    let result: T;
    try {
      result = this.run(fn);
    } catch (error) {
      if (onSettled) guarded('settling', () => onSettled(error));
      this.end(error, true);
      throw error;
    }
    return this.followResult(result, onSuccess, onSettled);
  }

  /** As {@link follow}, for a result that is there already. */
  followResult<T>(result: T, onSuccess?: (value: unknown) => void, onSettled?: (error?: unknown) => void): T {
    const succeed = <V>(value: V): V => {
      if (onSuccess) guarded('reading a result', () => onSuccess(value));
      if (onSettled) guarded('settling', () => onSettled());
      this.end();
      return value;
    };
    if (!isThenable(result)) return succeed(result);
    return tellOutcome(result, succeed, error => {
      if (onSettled) guarded('settling', () => onSettled(error));
      this.end(error, true);
    });
  }

  /**
   * @param hasFailed whether `error` was thrown, which may be undefined; by default whether there is one
   * @param at when it was over, if that was before now
   */
  end(error?: unknown, hasFailed = error !== undefined, at?: StartTime): void {
    if (this._isEnded) return;
    const failure = hasFailed ? { type: errorType(error), message: errorMessage(error), error } : undefined;
    this._endOnce(failure, at);
  }

  /** Ends with a failure that nobody threw: the broker's answer says that something in it went wrong. */
  fail(type: string | undefined, message: string): void {
    this._endOnce({ type: type?.slice(0, MAX_ERROR_TYPE_LENGTH) || OTHER_ERROR, message });
  }

  /** A point in time within the operation. */
  addEvent(event: EventKey, attributes: MessagingAttributes): void {
    if (this._isEnded) return;
    guarded('adding an event', () => this.span.addEvent(EVENT_NAMES[event], this._core.writer.write(attributes)));
  }

  /** For a send that waits for its confirm: its messages are half of what it keeps, and are not asked for any more. */
  releaseMessages(): void {
    // A hook was given the operation, and may have kept it.
    if (!this._core.config.sendHook) this.operation.messages = NO_MESSAGES;
  }

  /**
   * A callback of the app's: before it is called, in the context that is active now, this ends with the error that it is
   * told, if any.
   */
  endBefore(callback: Callback): Callback {
    return endedBefore(callback, this, context.active());
  }

  private _endOnce(failure?: Failure, at?: StartTime): void {
    if (this._isEnded) return;
    try {
      this._end(failure, at);
    } catch (error) {
      tellFailure('ending a span', error);
    }
    this._isEnded = true;
  }

  private _end(failure?: Failure, at?: StartTime): void {
    const { type, operation } = this;
    this.onEnd?.();
    if (type === 'process') endStories(this._core, this, failure && errorText(failure.type, failure.message));
    if (this._isServerLate && operation.server) this._setServer(operation);
    const { metrics } = this._core;
    if (this.inFlight) metrics?.endInFlight(this._messageCount, this.inFlight);
    metrics?.recordOperation(type, operation, this._durationMs(at), this.context, {
      errorType: failure?.type,
      series: this.inFlight,
      messageCount: this._isCounted ? undefined : this._messageCount,
      isTimedElsewhere: this.isTimedElsewhere,
    });
    if (failure) {
      if (this._core.config.errorStatus === 'always' || !this._comesAgain(failure)) {
        this.set({ errorType: failure.type });
        this.span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
      }
      if ('error' in failure) this._core.recordException(this.span, type, failure.error, this.context);
    }
    this.span.end(at?.date);
  }

  private _durationMs(at?: StartTime): number | undefined {
    return this.startedAtMs === undefined ? undefined : (at?.monotonicMs ?? performance.now()) - this.startedAtMs;
  }

  /** Some clients learn only on the way which broker they talk to. */
  private _setServer({ clientId, server }: Operation<M>): void {
    const late = clientId === this._clientId ? undefined : clientId;
    this.set({ serverAddress: server?.address, serverPort: server?.port, clientId: late });
  }

  /** Whether a message that could not be processed will be delivered once more, as far as is known. */
  private _comesAgain({ error }: Failure): boolean {
    if (this.type !== 'process' || this.operation.isSettledBefore) return false;
    return (error as { comesAgain?: boolean } | null | undefined)?.comesAgain ?? true;
  }
}

type Callback = (error: unknown, value: unknown) => unknown;

/** There is one for each message that waits for its confirm, so that it is one function and no more. */
function endedBefore(callback: Callback, operation: { end(error: unknown): void }, caller: Context): Callback {
  return function (this: unknown, error, value) {
    operation.end(error ?? undefined);
    // What a broker's answer sets off is mostly called in the context of nobody, and to switch costs as much as a copy.
    if (context.active() === caller) return callback.call(this, error, value);
    return context.with(caller, callback, this, error, value);
  };
}

/** A callback of the app's, for the context that is active now: the library would call it in some other one. */
export function bindContext<F extends (...args: never[]) => unknown>(callback: F): F {
  return context.bind(context.active(), callback);
}

/** For what goes on for ever, such as a poll that starts the next one: in the context of nobody. */
export function runDetached<T>(fn: () => T): T {
  const isSuppressed = isTracingSuppressed(context.active());
  return context.with(isSuppressed ? suppressTracing(ROOT_CONTEXT) : ROOT_CONTEXT, fn);
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
