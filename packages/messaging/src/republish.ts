import type { ActiveOperation } from './active-operation';
import { departureAttributes } from './dead-letter';
import { spanContextOf } from './propagation';
import type { MessagingAttributes } from './semconv';
import type { SendIntent } from './send-intent';
import { failuresIn, type Story } from './story';
import type { TelemetryCore } from './telemetry-core';
import type { ToldStory } from './told-story';
import type { MessagingSystem, Operation } from './types';

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
  source: ActiveOperation | undefined,
  isForwarded: boolean,
  intent: SendIntent,
): Republish {
  if (source?.type !== 'process') return {};
  const story: Story = source.story ?? {};
  const from = originOf(core.system, source.operation as Operation<M>);
  const original = story.original ?? source.creation;
  const [sent] = send.messages;
  const again = { original, attempt: spanContextOf(source.context), failures: sent && failuresIn(core.system, sent) };
  switch (purposeOf(core, send, source, { story, from, isForwarded, intent })) {
    case 'bury': {
      story.action = 'send';
      const { deliveryCount: count } = story;
      const error = intent.deadLetterReason ?? story.lastError;
      const { name = '' } = send.destination;
      return {
        attributes: departureAttributes(from, { count, error }),
        told: { ...again, deliveries: count, deadLetterOf: { destination: name, queue: from, error } },
      };
    }
    case 'replay':
      story.action = 'retry';
      source.set({ dlqAction: 'retry' });
      return { told: again };
    case 'retry':
      // The first delivery that a consumer of a partition sees counts as the first.
      return { told: { ...again, deliveries: story.deliveryCount ?? (core.system.seesEveryAttempt ? 1 : undefined) } };
    case 'forward':
      return { told: { original } };
    default:
      return {};
  }
}

interface Sent {
  story: Story;
  /** The queue or topic of the message being processed. */
  from: string | undefined;
  isForwarded: boolean;
  intent: SendIntent;
}

function purposeOf<M>(
  core: TelemetryCore<M>,
  send: Operation<M>,
  source: ActiveOperation,
  { story, from, isForwarded, intent }: Sent,
): 'bury' | 'replay' | 'retry' | 'forward' | undefined {
  const to = send.destination.name;
  if (intent.deadLetterAction === 'archive') return undefined;
  if (intent.deadLetterAction === 'retry') return 'replay';
  if (intent.deadLetterReason !== undefined) return 'bury';
  if (to !== undefined && to !== from && core.isDeadLetterDestination(to)) return 'bury';
  const isSame = isForwarded || isCopyOf(core.system, source.operation as Operation<M>, send);
  if (story.deadLetter) return isSame || isWhereItWas(story.deadLetter, to) ? 'replay' : undefined;
  const isTriedAgain = to === from || [to, from].some(name => name !== undefined && core.isRetryDestination(name));
  if (isSame && isTriedAgain) return 'retry';
  return isForwarded ? 'forward' : undefined;
}

/** Where nobody says what the dead letter was before, any send may be its replay. */
function isWhereItWas({ originalQueue, sentTo }: NonNullable<Story['deadLetter']>, to: string | undefined): boolean {
  return originalQueue === undefined || to === originalQueue || (to !== undefined && to === sentTo);
}

function isCopyOf<M>(system: MessagingSystem<M>, { messages: [message] }: Operation<M>, send: Operation<M>): boolean {
  const { isCopy } = system;
  return isCopy !== undefined && message !== undefined && send.messages.some(sent => isCopy(message, sent));
}

/** The queue or topic itself, where a destination's name says more. */
export function originOf<M>(system: MessagingSystem<M>, { messages: [message], destination }: Operation<M>) {
  return (message && system.queueOf?.(message)) ?? destination.name;
}
