/**
 * The story of a message, in three steps: its `Past` is read when it is delivered (past.ts), a `Story` says what the app
 * does with it while it is processed (here), and what is published again tells it to the next consumer as a `ToldStory`
 * (republish.ts, told-story.ts). Attempts in this process are remembered by the message's identity (attempt.ts).
 */
import type { ActiveOperation } from './active-operation';
import { lastAttempt, rememberAttempt, rememberedError } from './attempt';
import type { Past } from './past';
import { spanContextOf } from './propagation';
import type { TelemetryCore } from './telemetry-core';
import type { MessagingSystem, Operation } from './types';

/** The past of a message while it is processed, and what the app does with it. */
export interface Story {
  readonly past: Past;
  /** What became of a dead letter, where it is known before the end; `send`: it was sent on as a dead letter. */
  action?: 'retry' | 'archive' | 'send';
  /** The message was deleted, or is as soon as its handler has succeeded: it does not come again. */
  isSettled?: boolean;
}

/** What the pasts of the messages of a process operation are, each its own. */
export interface Stories {
  /** Of a single message. */
  story?: Story;
  /** Of the messages of a batch, in their order. */
  pasts?: readonly Past[];
}

/** Deliveries that are not the first, and dead letters that are here for the first time. */
export function countStories<M>({ metrics }: TelemetryCore<M>, operation: Operation<M>, stories: Stories): void {
  if (!metrics) return;
  let [redelivered, dead] = [0, 0];
  for (const { isRedelivered, isNewlyDead } of pastsOf(stories)) {
    if (isRedelivered) redelivered++;
    if (isNewlyDead) dead++;
  }
  metrics.countStory('redeliveredMessages', 'process', operation, redelivered);
  metrics.countStory('deadLetteredMessages', 'process', operation, dead);
}

const NONE: readonly Past[] = [];
const pastsOf = ({ story, pasts }: Stories) => pasts ?? (story && !story.past.isNew ? [story.past] : NONE);

/**
 * To be told just before a process operation ends: what became of its messages, and what their next attempts will want
 * to know.
 * @param failure what it failed with, if it did
 */
export function endStories<M>(core: TelemetryCore<M>, process: ActiveOperation<M>, failure?: string): void {
  const { story, pasts, operation } = process;
  if (story) {
    endStory(core.system, process, story, failure);
    endAttempt(core, process, operation.messages[0], story.past, failure);
  } else if (pasts) endBatch(core, process, pasts, failure);
}

/** What the handler of a batch fails with, all its messages may come again for. */
function endBatch<M>(
  core: TelemetryCore<M>,
  process: ActiveOperation<M>,
  pasts: readonly Past[],
  failure: string | undefined,
): void {
  if (failure === undefined && !core.system.hasSilentFailures && core.attempts.isEmpty) return;
  const { operation } = process;
  operation.messages.forEach((message, index) => {
    const past = pasts[index];
    // Of a message with a process operation of its own, that was the attempt.
    if (lastAttempt(core, operation, message, past.creation) === past.last) {
      endAttempt(core, process, message, past, failure);
    }
  });
}

/** A dead letter that was settled, and not published again, is archived. */
function endStory<M>(
  system: MessagingSystem<M>,
  process: ActiveOperation<M>,
  { past: { deadLetter }, action, isSettled }: Story,
  failure: string | undefined,
): void {
  const isOver = failure === undefined && (isSettled || !system.hasSilentFailures);
  if (deadLetter && !action && isOver) process.set({ dlqAction: 'archive' });
}

/** What failed, or may have, is remembered. */
function endAttempt<M>(
  core: TelemetryCore<M>,
  process: ActiveOperation<M>,
  message: M,
  { creation, last, deadLetter }: Past,
  failure: string | undefined,
): void {
  const isSettled = process.story?.isSettled ?? process.operation.isSettledOnSuccess;
  const mayComeAgain = failure !== undefined || (core.system.hasSilentFailures && !isSettled);
  const attempt = mayComeAgain
    ? {
        // Without an SDK there is none to link to.
        spanContext: spanContextOf(process.context),
        creationId: creation?.spanId,
        count: (last?.count ?? 0) + 1,
        error: rememberedError(failure),
        deadLetter: deadLetter && { retryCount: deadLetter.retryCount, error: rememberedError(deadLetter.error) },
      }
    : undefined;
  rememberAttempt(core, process.operation, message, creation, attempt);
}
