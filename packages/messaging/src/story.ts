/**
 * The story of a message, in three steps: its `Past` is read when it is delivered (past.ts), its process operation says
 * what the app does with it (active-operation.ts, and here at the end), and what is published again tells it to the next
 * consumer as a `ToldStory` (republish.ts, told-story.ts). Attempts in this process are remembered by the message's
 * identity (attempt.ts).
 */
import type { SpanContext } from '@opentelemetry/api';
import type { ActiveOperation } from './active-operation';
import { lastAttempt, rememberAttempt, rememberedError } from './attempt';
import type { Past } from './past';
import { spanContextOf } from './propagation';
import type { TelemetryCore } from './telemetry-core';
import type { MessagingSystem, Operation } from './types';

/** What the messages of a process operation have behind them, and where they come from. */
export interface Stories {
  /** Of a single message. */
  past?: Past;
  /** Of the messages of a batch, in their order. */
  pasts?: readonly Past[];
  /** The one creation context, if it is one. */
  creation?: SpanContext;
  /** Of the messages of a batch, in their order. */
  creations?: readonly (SpanContext | undefined)[];
}

/** Deliveries that are not the first, and dead letters that are here for the first time. */
export function countStories<M>({ metrics }: TelemetryCore<M>, operation: Operation<M>, stories: Stories): void {
  if (!metrics || stories.past?.isNew) return;
  let redelivered = 0;
  let dead = 0;
  for (const { isRedelivered, isNewlyDead } of pastsOf(stories)) {
    if (isRedelivered) redelivered++;
    if (isNewlyDead) dead++;
  }
  metrics.countStory('redeliveredMessages', 'process', operation, redelivered);
  metrics.countStory('deadLetteredMessages', 'process', operation, dead);
}

const NONE: readonly Past[] = [];
const pastsOf = ({ past, pasts }: Stories) => pasts ?? (past && !past.isNew ? [past] : NONE);

/**
 * To be told just before a process operation ends: what became of its messages, and what their next attempts will want
 * to know.
 * @param failure what it failed with, if it did
 */
export function endStories<M>(core: TelemetryCore<M>, process: ActiveOperation<M>, failure?: string): void {
  const { past, pasts, operation, creation } = process;
  if (past) {
    endStory(core.system, process, past, failure);
    endAttempt(core, process, operation.messages[0], past, creation, failure);
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
  const { operation, creations } = process;
  operation.messages.forEach((message, index) => {
    const past = pasts[index];
    const creation = creations?.[index];
    // Of a message with a process operation of its own, that was the attempt.
    if (lastAttempt(core, operation, message, creation) === past.last) {
      endAttempt(core, process, message, past, creation, failure);
    }
  });
}

/** A dead letter that was settled, and not published again, is archived. */
function endStory<M>(
  system: MessagingSystem<M>,
  process: ActiveOperation<M>,
  { deadLetter }: Past,
  failure: string | undefined,
): void {
  const { deadLetterAction, isSettled } = process;
  const isOver = failure === undefined && (isSettled || !system.hasSilentFailures);
  if (deadLetter && !deadLetterAction && isOver) process.set({ dlqAction: 'archive' });
}

/** What failed, or may have, is remembered. */
function endAttempt<M>(
  core: TelemetryCore<M>,
  process: ActiveOperation<M>,
  message: M,
  { last, deadLetter }: Past,
  creation: SpanContext | undefined,
  failure: string | undefined,
): void {
  const mayComeAgain = failure !== undefined || (core.system.hasSilentFailures && !process.isSettled);
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
