import { propagation, ROOT_CONTEXT, SpanKind, type Context, type SpanContext } from '@opentelemetry/api';
import type { ResolvedConfig } from './config';
import { Links } from './links';
import { matcher, type IncomingTrust } from './options';
import { addPastLinks, pastAttributes, pastOf, type Past } from './past';
import { CARRIES_NOTHING, CreationContexts, extract, readCarried, spanContextOf, type Carried } from './propagation';
import type { Start, TelemetryCore } from './telemetry-core';
import type { Operation } from './types';

/** Times outside of 0 to 7 days are clocks that differ, not waiting. */
const MAX_QUEUE_TIME_MS = 7 * 24 * 3600 * 1000;

interface ProcessPlan<M> extends Start<M> {
  links: Links;
  /** Of the messages of a batch, where it is recorded; undefined for those that do not say, or are redelivered. */
  queueTimesMs?: readonly (number | undefined)[];
}

/**
 * Decides what a process span hangs on. Each message's creation context is linked; a single message's is the parent too,
 * unless configured otherwise. A batch never has a message as its parent (messaging-spans.md, "Consumer spans").
 */
export function planProcess<M>(core: TelemetryCore<M>, operation: Operation<M>, ambient: Context): ProcessPlan<M> {
  const trust = trustIn(core.config, operation.destination.name);
  return operation.isBatch ? planBatch(core, operation, ambient, trust) : planSingle(core, operation, ambient, trust);
}

function planBatch<M>(
  core: TelemetryCore<M>,
  operation: Operation<M>,
  ambient: Context,
  trust: IncomingTrust,
): ProcessPlan<M> {
  const { messages } = operation;
  const contexts = new CreationContexts(core.system);
  const queueTimesMs: (number | undefined)[] = [];
  const pasts: Past[] = [];
  const creations: (SpanContext | undefined)[] = [];
  const isRecorded = core.metrics?.isOn ?? false;
  const isTrusted = trust !== 'ignore';
  const links = new Links(index => {
    // Of messages that share a link it is not told: without metrics most need none.
    const past = pasts[index];
    const queueTimeMs = isRecorded ? queueTimesMs[index] : firstQueueTimeOf(core, operation, messages[index], past);
    return Object.assign(core.messageAttributes(messages[index], true), pastAttributes(past), { queueTimeMs });
  });
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index];
    const creation = isTrusted ? contexts.of(message) : undefined;
    const past = pastOf(core, operation, message, { creation, isTrusted });
    pasts.push(past);
    creations.push(creation);
    addPastLinks(links, past);
    if (isRecorded) queueTimesMs.push(firstQueueTimeOf(core, operation, message, past));
    links.addCreation(creation, index);
  }
  return {
    type: 'process',
    operation,
    kind: SpanKind.CONSUMER,
    parent: ambient,
    links,
    creation: links.onlyCreation,
    creations,
    pasts,
    queueTimesMs,
  };
}

function planSingle<M>(
  core: TelemetryCore<M>,
  operation: Operation<M>,
  ambient: Context,
  trust: IncomingTrust,
): ProcessPlan<M> {
  const message = operation.messages[0];
  const links = new Links();
  const carried = trust === 'ignore' ? CARRIES_NOTHING : readCarried(core.system, message);
  const { creation } = carried;
  links.addCreation(creation);
  const parent = trust === 'parent' ? singleParent(core, message, carried, ambient, links) : ambient;
  const past = pastOf(core, operation, message, { creation, isTrusted: trust !== 'ignore' });
  addPastLinks(links, past);
  return {
    type: 'process',
    operation,
    kind: SpanKind.CONSUMER,
    parent,
    links,
    creation,
    past,
    attributes: past.isNew ? undefined : { ...core.messageAttributes(message, false), ...pastAttributes(past) },
    queueTimeMs: firstQueueTimeOf(core, operation, message, past),
  };
}

function singleParent<M>(
  { config, system }: TelemetryCore<M>,
  message: M,
  carried: Carried,
  ambient: Context,
  links: Links,
): Context {
  if (config.consumerParent === 'message' && carried.creation) {
    links.add(spanContextOf(ambient));
    // Around the app's own loop there is a context of the app's: what else is in it stays.
    return ambient === ROOT_CONTEXT ? carried.context : extract(system, message, ambient);
  }
  // Baggage reaches the handler whatever the parent is.
  const baggage = propagation.getBaggage(carried.context);
  return baggage ? propagation.setBaggage(ambient, baggage) : ambient;
}

/** Of a message that nothing says was delivered before, in this process or in another one. */
function firstQueueTimeOf<M>(core: TelemetryCore<M>, operation: Operation<M>, message: M, past: Past) {
  return past.isRedelivered ? undefined : queueTimeOf(core, operation, message);
}

/** Time in the queue, for a first delivery only: a redelivery's would count the work on the attempts before. */
export function queueTimeOf<M>(
  { system, metrics }: TelemetryCore<M>,
  operation: Operation<M>,
  message: M,
): number | undefined {
  const sentAt = system.sentAt(message);
  const deliveryCount = system.deliveryCount(message);
  if (sentAt === undefined || (deliveryCount !== undefined && deliveryCount > 1)) return undefined;
  const queueTimeMs = Date.now() - sentAt;
  if (queueTimeMs >= 0 && queueTimeMs <= MAX_QUEUE_TIME_MS) return queueTimeMs;
  metrics?.countSkewed(operation);
  return undefined;
}

const compiled = new WeakMap<object, [(name: string) => boolean, IncomingTrust][]>();

export function trustIn({ trustIncomingContext: trust }: ResolvedConfig, destination = ''): IncomingTrust {
  if (typeof trust === 'string') return trust;
  let rules = compiled.get(trust);
  if (!rules) compiled.set(trust, (rules = Object.entries(trust).map(([glob, value]) => [matcher([glob]), value])));
  return rules.find(([matches]) => matches(destination))?.[1] ?? 'parent';
}
