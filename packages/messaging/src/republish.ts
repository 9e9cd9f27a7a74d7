import type { ActiveOperation } from './active-operation';
import { departureAttributes, errorByHand, isDeadLetterByHand } from './dead-letter';
import { failuresIn, type Past } from './past';
import { spanContextOf } from './propagation';
import type { MessagingAttributes } from './semconv';
import type { SendIntent } from './send-intent';
import type { TelemetryCore } from './telemetry-core';
import type { ToldStory } from './told-story';
import type { DeadLetter, MessagingSystem, Operation } from './types';

/** What a send inside the processing of a message does with that message. */
export interface Republish {
  /** Of the send's span. */
  attributes?: MessagingAttributes;
  /** What the messages tell their consumers. */
  told?: ToldStory;
}

/**
 * @param source the process operation in which it is sent
 * @param isForwarded messages go out with the headers of the one that is processed
 */
export function planRepublish<M>(
  core: TelemetryCore<M>,
  send: Operation<M>,
  source: ActiveOperation,
  isForwarded: boolean,
  intent: SendIntent,
): Republish {
  const { story } = source;
  const past: Partial<Past> = story?.past ?? {};
  const from = past.queue ?? source.operation.destination.name;
  const queue = past.triedFirstIn ?? past.deadLetter?.originalQueue ?? from;
  const original = past.original ?? source.creation;
  const [sent] = send.messages;
  const again = { original, attempt: spanContextOf(source.context), failures: sent && failuresIn(core.system, sent) };
  switch (purposeOf(core, send, source, { past, from, isForwarded, intent })) {
    case 'bury': {
      if (story) story.action = 'send';
      const { attempts: deliveries } = past;
      const error = intent.deadLetterReason ?? (sent && errorByHand(core.system, sent)) ?? past.last?.error;
      const { name: destination = '' } = send.destination;
      return {
        attributes: departureAttributes(queue, { count: deliveries, error }),
        told: { ...again, deliveries, queue, deadLetter: { destination, error } },
      };
    }
    case 'replay':
      source.tellDeadLetter('retry');
      return { told: again };
    case 'retry':
      return { told: { ...again, deliveries: past.attempts, queue } };
    case 'forward':
      return { told: { original } };
    default:
      return {};
  }
}

interface Sent {
  past: Partial<Past>;
  /** The queue or topic of the message being processed. */
  from: string | undefined;
  isForwarded: boolean;
  intent: SendIntent;
}

function purposeOf<M>(
  core: TelemetryCore<M>,
  send: Operation<M>,
  source: ActiveOperation,
  { past, from, isForwarded, intent }: Sent,
): 'bury' | 'replay' | 'retry' | 'forward' | undefined {
  const to = send.destination.name;
  if (intent.deadLetterAction === 'archive') return undefined;
  if (intent.deadLetterAction === 'retry') return 'replay';
  if (intent.deadLetterReason !== undefined) return 'bury';
  const delivered = source.operation.messages as readonly M[];
  if (send.messages.some(sent => isDeadLetterByHand(core.system, delivered, sent))) return 'bury';
  if (to !== undefined && to !== from && core.isDeadLetterDestination(to)) return 'bury';
  const isSame = isForwarded || isCopyOf(core.system, delivered, send);
  if (past.deadLetter) return isSame || isWhereItWas(past.deadLetter, to) ? 'replay' : undefined;
  if (isSame && isTriedAgain(core, past, from, to)) return 'retry';
  return isForwarded ? 'forward' : undefined;
}

/** In the same queue, in one where messages wait, or back from there. */
function isTriedAgain<M>(
  core: TelemetryCore<M>,
  { triedFirstIn }: Partial<Past>,
  from: string | undefined,
  to: string | undefined,
): boolean {
  if (to === undefined || from === undefined) return false;
  if (to === from || core.isRetryDestination(to)) return true;
  return core.isRetryDestination(from) && (to === triedFirstIn || from.includes(to));
}

/** Where nobody says what the dead letter was before, any send may be its replay. */
function isWhereItWas({ originalQueue, sentTo }: DeadLetter, to: string | undefined): boolean {
  return originalQueue === undefined || to === originalQueue || (to !== undefined && to === sentTo);
}

function isCopyOf<M>({ isCopy }: MessagingSystem<M>, [message]: readonly M[], send: Operation<M>): boolean {
  return isCopy !== undefined && message !== undefined && send.messages.some(sent => isCopy(message, sent));
}
