import type { SpanContext } from '@opentelemetry/api';
import type { ActiveOperation } from './active-operation';
import { trustIn } from './creation-context';
import { departureAttributes, errorByHand, isDeadLetterByHand } from './dead-letter';
import { errorText } from './error-type';
import { guarded } from './guarded';
import { failuresIn, nextDeadLetter, type Past } from './past';
import { markOfPast } from './past-mark';
import { spanContextOf } from './propagation';
import type { MessagingAttributes } from './semconv';
import type { SendIntent } from './send-intent';
import type { TelemetryCore } from './telemetry-core';
import { readStory, STORY_FIELD, type ToldStory } from './told-story';
import type { DeadLetter, MessagingSystem, Operation } from './types';

/** What a send does with messages that were delivered before. */
export interface Republish<M> {
  /** Of the send's span. */
  attributes?: MessagingAttributes;
  /** What a message tells its consumers; to be asked before anything is written into it. */
  told?(message: M): ToldStory | undefined;
}

/**
 * @param source the process operation in which it is sent, if there is one
 * @param forwarded the messages that go out with the headers of delivered ones, with the contexts that those came with
 */
export function planRepublish<M>(
  core: TelemetryCore<M>,
  send: Operation<M>,
  source: ActiveOperation | undefined,
  forwarded: ReadonlyMap<M, SpanContext>,
  intent: SendIntent,
): Republish<M> {
  const isBatch = source?.operation.isBatch ?? false;
  // What is sent on need not be the message that is processed, and of a batch it may be any.
  const isProcessed = ({ spanId }: SpanContext) =>
    !isBatch && source !== undefined && spanId === (source.creation?.spanId ?? spanId);
  const isForwarded = isBatch ? forwarded.size > 0 : [...forwarded.values()].some(isProcessed);
  const processed = source ? planProcessed(core, send, source, isForwarded, intent) : {};
  if (!processed.told && forwarded.size === 0) return { attributes: processed.attributes };
  const isTrusted = trustIn(core.config, source?.operation.destination.name) !== 'ignore';
  const tell = (message: M): ToldStory | undefined => {
    const carried = isTrusted ? forwarded.get(message) : undefined;
    const told =
      !carried || isProcessed(carried)
        ? processed.told
        : toldOfAnother(core.system, message, carried, processed.told, isBatch);
    return told && { ...told, failures: failuresIn(core.system, message), mark: markOfPast(core.system, message) };
  };
  return {
    attributes: processed.attributes,
    told: message => guarded('telling a story', () => tell(message)),
  };
}

/** Of a message that says itself where it comes from. */
function toldOfAnother<M>(
  { getter }: MessagingSystem<M>,
  message: M,
  carried: SpanContext,
  told: ToldStory | undefined,
  isInBatch: boolean,
): ToldStory {
  const { attempt, queue, deadLetter } = told ?? {};
  const original = readStory(getter.get(message, STORY_FIELD))?.original ?? carried;
  return { original, attempt: isInBatch ? attempt : undefined, queue, deadLetter };
}

/** What a send in the processing of a message does with that message. */
function planProcessed<M>(
  core: TelemetryCore<M>,
  send: Operation<M>,
  source: ActiveOperation,
  isForwarded: boolean,
  intent: SendIntent,
): { attributes?: MessagingAttributes; told?: ToldStory } {
  const past: Partial<Past> = source.past ?? {};
  const from = past.queue ?? source.operation.destination.name;
  const original = past.original ?? source.creation;
  const again = { original, attempt: spanContextOf(source.context) };
  switch (purposeOf(core, send, source, { past, from, isForwarded, intent })) {
    case 'bury': {
      source.deadLetterAction = 'send';
      const [sent] = send.messages;
      const said = intent.failure && errorText(intent.failure.type, intent.failure.message);
      const deadLetter = nextDeadLetter(past, from, said ?? (sent && errorByHand(core.system, sent)));
      const { originalQueue, retryCount: deliveries, error } = deadLetter;
      const { name: destination = '' } = send.destination;
      return {
        attributes: departureAttributes(deadLetter),
        told: { ...again, deliveries, queue: originalQueue, deadLetter: { destination, error } },
      };
    }
    case 'replay':
      source.tellDeadLetter('retry');
      return { told: again };
    case 'retry':
      return { told: { ...again, deliveries: past.attempts, queue: past.triedFirstIn ?? from } };
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
  const otherwise = isForwarded ? 'forward' : undefined;
  if (intent.deadLetterAction === 'archive') return otherwise;
  if (intent.deadLetterAction === 'retry') return 'replay';
  if (intent.failure) return 'bury';
  const delivered = source.operation.messages as readonly M[];
  if (send.messages.some(sent => isDeadLetterByHand(core.system, delivered, sent))) return 'bury';
  if (to !== undefined && to !== from && core.isDeadLetterDestination(to)) return 'bury';
  const isSame = isForwarded || isCopyOf(core.system, delivered, send);
  if (past.deadLetter) {
    if (isSame && to === from) return 'bury';
    return isSame || isWhereItWas(past.deadLetter, to) ? 'replay' : undefined;
  }
  return isSame && isTriedAgain(core, past, from, to) ? 'retry' : otherwise;
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
