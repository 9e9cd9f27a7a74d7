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
  carriers: M[];
}

/**
 * Decides for each outgoing message whose context it carries. A context that the user has put there is kept and linked;
 * one that was only forwarded with the headers of a consumed message is replaced and linked (messaging-spans.md,
 * "Context propagation").
 */
export function planSend<M>(core: TelemetryCore<M>, operation: Operation<M>, ambient: Context): SendPlan<M> {
  const { system, config } = core;
  const links = new Links();
  const carriers: M[] = [];
  const source = activeOperation(ambient);
  linkFanOutSource(links, source, ambient);
  const intent = sendIntent(ambient);
  for (const linked of intent.linked ?? []) links.add(linked, 'fan-out-source');
  const { fields } = globalPropagator();
  const sentAtMs = Date.now();
  let forwarded: Map<M, SpanContext> | undefined;
  for (const message of operation.messages) {
    const existing = hasContext(system, message, fields) ? creationOf(system, message) : undefined;
    const isForwarded =
      existing !== undefined && (existing.spanId === source?.creation?.spanId || system.isForwarded?.(message));
    if (config.sentAt) system.stamp?.(message, sentAtMs);
    if (existing && !isForwarded) {
      links.addCreation(existing);
      continue;
    }
    if (isForwarded) {
      (forwarded ??= new Map<M, SpanContext>()).set(message, existing);
      if (existing.spanId !== spanContextOf(ambient)?.spanId) links.add(existing);
    }
    if (config.producerPropagation && (system.canCarry?.(message, config) ?? true)) carriers.push(message);
  }
  const process = source?.type === 'process' ? source : undefined;
  if (!process && !forwarded) return { links, carriers };
  // What was delivered is read, which anybody may have written.
  const republish = guarded('telling a story', () =>
    planRepublish(core, operation, process, forwarded ?? new Map(), intent),
  );
  return { links, carriers, ...republish };
}

/** A send inside the processing of a message leads back to that message, where it is not in its trace anyway. */
function linkFanOutSource(links: Links, source: ActiveOperation | undefined, ambient: Context): void {
  if (source?.type !== 'process' || !source.creation) return;
  if (source.creation.traceId !== spanContextOf(ambient)?.traceId) links.add(source.creation, 'fan-out-source');
}
