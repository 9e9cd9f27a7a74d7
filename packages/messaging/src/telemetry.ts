import { context, ROOT_CONTEXT, SpanKind, trace, type Context, type SpanContext } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import type { ActiveOperation } from './active-operation';
import { rememberAttempt } from './attempt';
import type { ResolvedConfig } from './config';
import { planProcess, queueTimeOf } from './creation-context';
import { LagGauge } from './consumer-lag';
import { CreatedMessages } from './created-messages';
import { errorType } from './error-type';
import { tellFailure } from './guarded';
import { Links } from './links';
import { MessagingMetrics } from './metrics';
import { activeOperation } from './operation-context';
import { creationOf, CreationContexts, extract, fieldsOf, spanContextOf } from './propagation';
import { RecentMap } from './recent-map';
import { planSend } from './send-plan';
import { AttributeWriter } from './attribute-writer';
import { SeriesTable } from './series';
import { state } from './state';
import { countStories } from './story';
import { now, TelemetryCore, type StartTime, type TelemetrySource } from './telemetry-core';
import { Transaction } from './transaction';
import { STORY_FIELD, writeStory, type ToldStory } from './told-story';
import type { Fields, MessagingSystem, Operation } from './types';

interface ProcessOptions {
  /**
   * The context around the processing. Default: the root context, since around a handler that the library calls there
   * is only what was active when the consumer was started.
   */
  ambient?: Context;
  /** The messages were counted when they were received. */
  isCounted?: boolean;
  startTime?: StartTime;
  /** The send that the message answers. */
  request?: SpanContext;
}

/** The operations of one client, told as spans and metrics by the conventions. */
export class MessagingTelemetry<M> {
  private _core!: TelemetryCore<M>;
  /** How far this client's consumers are behind. */
  readonly lags = new LagGauge();

  constructor(
    private readonly _system: MessagingSystem<M>,
    config: ResolvedConfig,
    private readonly _source: TelemetrySource,
  ) {
    this.configure(config);
  }

  get config(): ResolvedConfig {
    return this._core.config;
  }

  configure(config: ResolvedConfig): void {
    const metrics = config.metrics ? this._metricsOf(config) : undefined;
    const before = (this._core as TelemetryCore<M> | undefined)?.metrics;
    if (before !== metrics) before?.stop();
    this._core = new TelemetryCore(this._system, config, this._source, metrics);
    this.lags.watch(this._core as TelemetryCore<never>);
  }

  /** What was counted before, under another configuration or by an instrumentation that is gone, goes on. */
  private _metricsOf({ semconv, maxDestinations }: ResolvedConfig): MessagingMetrics {
    const { name } = this._system;
    const key = JSON.stringify([name, semconv]);
    let metrics = state.metrics.get(key);
    if (!metrics) {
      const series = new SeriesTable(name, new AttributeWriter(semconv));
      state.metrics.set(key, (metrics = new MessagingMetrics(series, semconv)));
    }
    metrics.capSeries(maxDestinations);
    return metrics;
  }

  updateMeter(): void {
    this._core.updateMeter();
    this.lags.watch(this._core as TelemetryCore<never>);
  }

  /** Whether operations on a destination are told at all; false for an ignored one, and where tracing is suppressed. */
  observes(destination?: string, source?: string): boolean {
    if (isTracingSuppressed(context.active())) return false;
    if (source !== undefined && this._core.isIgnored(source)) return false;
    return destination === undefined || !this._core.isIgnored(destination);
  }

  /** A call that sends. The operation's messages are written to: they must be the ones that `call` sends. */
  send<T>(operation: Operation<M>, call: () => T): T {
    return this.startSend(operation).follow(call);
  }

  /** For a client that learns only later, and elsewhere, whether the broker took the messages. */
  startSend(operation: Operation<M>): ActiveOperation<M> {
    const ambient = context.active();
    const { links, carriers, attributes, told } = planSend(this._core, operation, ambient);
    if (attributes?.dlqAction)
      this._core.metrics?.countStory('deadLetteredMessages', 'send', operation, operation.messages.length);
    if (this.config.producerSpans === 'message' && operation.isBatch) {
      const created = new CreatedMessages<M>();
      for (const message of carriers) {
        const create = this._create(operation, message, ambient, told?.(message));
        links.addCreation(spanContextOf(create.context));
        created.add(message, create);
      }
      const kind = SpanKind.CLIENT;
      const active = this._core.start({ type: 'send', operation, kind, parent: ambient, links, attributes });
      active.created = created;
      active.onEnd = () => created.end();
      return active;
    }
    const kind = carriers.length > 0 ? SpanKind.PRODUCER : SpanKind.CLIENT;
    const active = this._core.start({ type: 'send', operation, kind, parent: ambient, links, attributes });
    if (carriers.length === 0) return active;
    const creation = spanContextOf(active.context);
    const fields = fieldsOf(active.context, creation);
    for (const message of carriers) this._inject(message, withStory(fields, told?.(message)), creation);
    return active;
  }

  private _inject(message: M, fields: Fields, creation: SpanContext | undefined): void {
    try {
      this._system.inject(message, fields, creation, this.config);
    } catch (error) {
      tellFailure('injecting', error);
    }
  }

  /** One message's own span, whose context the message then carries. */
  private _create(send: Operation<M>, message: M, parent: Context, told?: ToldStory): ActiveOperation<M> {
    const destination = send.destinationOf?.(message) ?? send.destination;
    const operation = { ...send, name: 'create', destination, messages: [message], isBatch: false };
    const create = this._core.start({ type: 'create', operation, kind: SpanKind.PRODUCER, parent });
    const creation = spanContextOf(create.context);
    this._inject(message, withStory(fieldsOf(create.context, creation), told), creation);
    return create;
  }

  /**
   * A pull that has been answered, with messages or with an error. It is told afterwards, with its true start time, so
   * that all links are there when samplers look; an empty answer is not told.
   */
  received(operation: Operation<M>, startTime: StartTime, error?: unknown): void {
    const hasFailed = error !== undefined;
    if (operation.messages.length === 0 && !hasFailed) return;
    const { messages } = operation;
    const contexts = new CreationContexts(this._system);
    const queueTimesMs: (number | undefined)[] = [];
    const links = new Links(index => {
      const attributes = this._core.messageAttributes(messages[index], true);
      attributes.queueTimeMs = queueTimesMs[index];
      return attributes;
    });
    for (let index = 0; index < messages.length; index++) {
      queueTimesMs.push(queueTimeOf(this._core, operation, messages[index]));
      links.addCreation(contexts.of(messages[index]), index);
    }
    const active = this._core.start({
      type: 'receive',
      operation,
      kind: SpanKind.CLIENT,
      parent: withoutEndedSpan(context.active()),
      links,
      startTime,
      attributes: hasFailed ? { errorType: errorType(error) } : undefined,
      isSpanless: !this.config.receiveSpans,
    });
    this._recordQueueTimes(queueTimesMs, active);
    active.end(error, hasFailed);
  }

  /** A handler's work on one message, or on a batch. */
  process<T>(operation: Operation<M>, handler: () => T, options?: ProcessOptions): T {
    return this.startProcess(operation, options).follow(handler);
  }

  /** For a client that learns only later, and elsewhere, that a message has been processed. */
  startProcess(
    operation: Operation<M>,
    { ambient = ROOT_CONTEXT, isCounted, startTime, request }: ProcessOptions = {},
  ): ActiveOperation<M> {
    const plan = planProcess(this._core, operation, ambient);
    const { links, queueTimeMs, queueTimesMs } = plan;
    links.add(request);
    if (isCounted) plan.isCounted = isCounted;
    if (startTime) plan.startTime = startTime;
    const active = this._core.start(plan);
    const outer = activeOperation(ambient);
    const isInBatch = outer !== undefined && isBatchAround(outer, operation);
    if (isInBatch) outer.isTimedElsewhere = true;
    else {
      active.inFlight = this._core.metrics?.startInFlight(operation);
      countStories(this._core, operation, plan);
    }
    if (isCounted) return active;
    if (queueTimesMs) this._recordQueueTimes(queueTimesMs, active);
    else if (queueTimeMs !== undefined) this._core.metrics?.recordQueueTime(operation, queueTimeMs, active.context);
    return active;
  }

  private _recordQueueTimes(
    timesMs: readonly (number | undefined)[],
    { operation, context }: ActiveOperation<M>,
  ): void {
    const { metrics } = this._core;
    if (!metrics?.isOn) return;
    for (const ms of timesMs) if (ms !== undefined) metrics.recordQueueTime(operation, ms, context);
  }

  /**
   * A settlement: ack, nack, reject, delete, commit.
   * @param isRequest whether it is a network request of its own, with an answer
   */
  settle<T>(operation: Operation<M>, isRequest: boolean, call: () => T): T {
    const active = this.startSettle(operation, isRequest);
    return active ? active.follow(call) : call();
  }

  /** For a client that reads the answer itself; undefined where such settlements are not told. */
  startSettle(operation: Operation<M>, isRequest: boolean): ActiveOperation<M> | undefined {
    const { settleSpans } = this.config;
    if (settleSpans === 'none' || (settleSpans === 'requests' && !isRequest)) return undefined;
    const links = new Links();
    const contexts = new CreationContexts(this._system);
    for (const message of operation.messages) links.addCreation(contexts.of(message));
    return this._core.start({ type: 'settle', operation, kind: SpanKind.CLIENT, parent: context.active(), links });
  }

  /** A message that comes back when its send may be over: told beside the send, as its child and linked to it. */
  returned(operation: Operation<M>, error: unknown): void {
    const [message] = operation.messages;
    const parent = extract(this._system, message);
    const links = new Links();
    links.addCreation(spanContextOf(parent));
    const details = this._core.messageAttributes(message, false);
    const start = { type: 'settle', operation: { ...operation, messages: [] }, kind: SpanKind.CLIENT } as const;
    this._core.start({ ...start, parent, links, details }).end(error, true);
  }

  /** Tells messages apart, on their way out and back, by the creation context that they carry. */
  creationId(message: M): string | undefined {
    const creation = creationOf(this._system, message);
    return creation && creation.traceId + creation.spanId;
  }

  /** Messages that do not come again, wherever their processing has ended: no attempt at them is remembered. */
  forget(operation: Operation<M>): void {
    for (const message of operation.messages) rememberAttempt(this._core, operation, message, undefined, undefined);
  }

  /** As {@link forget}, by what the system tells them apart by: they come again, but not because they have failed. */
  forgetAttempts(isMeant: (identity: string) => boolean): void {
    this._core.attempts.deleteAll(isMeant);
  }

  /**
   * For what a client remembers across deliveries: it is bounded, and what is dropped is counted.
   * @param memory the value of `messaging.client.memory`
   */
  remember<Value>(memory: string, max: number): RecentMap<Value> {
    return new RecentMap({ max, onDropped: () => this._core.recordDropped(memory) });
  }

  /** Something that happened to a client, counted. */
  clientEvent(event: string, consumerGroup?: string): void {
    if (isTracingSuppressed(context.active())) return;
    this._core.recordClientEvent(event, consumerGroup);
  }

  /** Several sends that count together or not at all. */
  startTransaction({ clientId }: Pick<Operation<M>, 'clientId'>): Transaction {
    return new Transaction(this._core as TelemetryCore<never>, { clientId });
  }
}

/** What a message carries: its creation context, and its story if it is published again. */
function withStory(fields: Fields, told?: ToldStory): Fields {
  return told ? { ...fields, [STORY_FIELD]: writeStory(told) } : fields;
}

/** Whether a message's process operation is a part of that of its batch. */
function isBatchAround({ type, operation }: ActiveOperation, { destination }: Operation<unknown>): boolean {
  return type === 'process' && operation.isBatch === true && operation.destination.name === destination.name;
}

/** A poll loop goes on in the context of whoever started it: that span, once ended, is no parent. */
export function withoutEndedSpan(active: Context): Context {
  const span = trace.getSpan(active);
  return !span || span.isRecording() ? active : trace.deleteSpan(active);
}

export { now, type StartTime };
