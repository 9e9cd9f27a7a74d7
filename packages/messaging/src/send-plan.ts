import type { Context, SpanContext } from '@opentelemetry/api';
import type { ActiveOperation } from './active-operation';
import { globalPropagator } from './global-propagator';
import { guarded } from './guarded';
import { Links } from './links';
import { activeOperation } from './operation-context';
import { creationOf, hasContext, spanContextOf } from './propagation';
import { sendIntent } from './send-intent';
import { planRepublish, type Republish } from './republish';
import type { TelemetryCore } from './telemetry-core';
import type { Operation } from './types';

interface SendPlan<M> extends Republish<M> {
  links: Links;
  /** The messages that get a context of ours. */
  carriers: readonly M[];
}

/**
 * Decides for each outgoing message whose context it carries. A context that the user has put there is kept and linked;
 * one that was only forwarded with the headers of a consumed message is replaced and linked (messaging-spans.md,
 * "Context propagation").
 */
export function planSend<M>(core: TelemetryCore<M>, operation: Operation<M>, ambient: Context): SendPlan<M> {
  const { system, config } = core;
  const { messages } = operation;
  const links = new Links();
  const source = activeOperation(ambient);
  linkFanOutSource(links, source, ambient);
  const intent = sendIntent(ambient);
  if (intent.linked) for (const linked of intent.linked) links.add(linked, 'fan-out-source');
  const { fields } = globalPropagator();
  const sentAtMs = Date.now();
  let forwarded: Map<M, SpanContext> | undefined;
  // Most sends have none that is left out: then there is no list to make.
  let carriers: M[] | undefined;
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index];
    const existing = hasContext(system, message, fields) ? creationOf(system, message) : undefined;
    const isForwarded =
      existing !== undefined &&
      (existing.spanId === source?.creation?.spanId || system.isForwarded?.(message) === true);
    if (config.sentAt) system.stamp?.(message, sentAtMs);
    if (isForwarded) {
      (forwarded ??= new Map<M, SpanContext>()).set(message, existing);
      if (existing.spanId !== spanContextOf(ambient)?.spanId) links.add(existing);
    } else if (existing) links.addCreation(existing);
    const isOurs = !existing || isForwarded;
    if (isOurs && config.producerPropagation && (system.canCarry?.(message, config) ?? true)) carriers?.push(message);
    else carriers ??= messages.slice(0, index);
  }
  const plan = { links, carriers: carriers ?? messages };
  const process = source?.type === 'process' ? source : undefined;
  if (!process && !forwarded) return plan;
  // What was delivered is read, which anybody may have written.
  const republish = guarded('telling a story', () =>
    planRepublish(core, operation, process, forwarded ?? new Map(), intent),
  );
  return { ...plan, ...republish };
}

/** A send inside the processing of a message leads back to that message, where it is not in its trace anyway. */
function linkFanOutSource(links: Links, source: ActiveOperation | undefined, ambient: Context): void {
  if (source?.type !== 'process' || !source.creation) return;
  if (source.creation.traceId !== spanContextOf(ambient)?.traceId) links.add(source.creation, 'fan-out-source');
}
