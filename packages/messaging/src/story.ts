/**
 * The story of a message, in three steps: its `Past` is read when it is delivered (past.ts), a `Story` says what the app
 * does with it while it is processed (here), and what is published again tells it to the next consumer as a `ToldStory`
 * (republish.ts, told-story.ts). Attempts in this process are remembered by the message's identity (attempt.ts).
 */
import type { ActiveOperation } from './active-operation';
import { lastAttempt, rememberAttempt } from './attempt';
import { pastAttributes, type Past } from './past';
import { spanContextOf } from './propagation';
import type { MessagingAttributes } from './semconv';
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

export interface StoryCounts {
  redeliveredMessages: number;
  deadLetteredMessages: number;
}

export interface StoryPlan {
  /** Of a single message. */
  story?: Story;
  /** What is counted of messages with a past. */
  counted?: StoryCounts;
  /** Of a message with a past: what samplers may want to know. */
  attributes?: MessagingAttributes;
  /** Told when the process operation ends, with what it failed with, if it did. */
  onEnd(process: ActiveOperation, failure?: string): void;
}

/** What one message's processing adds to its story, and what its next attempt will want to know. */
export function planStory<M>(core: TelemetryCore<M>, operation: Operation<M>, past: Past): StoryPlan {
  const story: Story = { past, isSettled: operation.isSettledOnSuccess };
  const hasStory = past.isNewlyDead || past.isRedelivered;
  return {
    story,
    counted: hasStory ? countStories([past]) : undefined,
    attributes: past.isNew
      ? undefined
      : { ...core.messageAttributes(operation.messages[0], false), ...pastAttributes(past) },
    onEnd(process, failure) {
      endStory(core.system, process, story, failure);
      endAttempt(core, process, operation.messages[0], past, failure);
    },
  };
}

/** The story of a batch is those of its messages; what its handler fails with, they all may come again for. */
export function planBatchStory<M>(core: TelemetryCore<M>, operation: Operation<M>, pasts: readonly Past[]): StoryPlan {
  return {
    counted: countStories(pasts),
    onEnd(process, failure) {
      if (failure === undefined && !core.system.hasSilentFailures && core.attempts.isEmpty) return;
      operation.messages.forEach((message, index) => {
        const past = pasts[index];
        // Of a message with a process operation of its own, that was the attempt.
        if (lastAttempt(core, operation, message, past.creation) === past.last) {
          endAttempt(core, process, message, past, failure);
        }
      });
    },
  };
}

function countStories(pasts: readonly Past[]): StoryCounts {
  const counted = { redeliveredMessages: 0, deadLetteredMessages: 0 };
  for (const { isRedelivered, isNewlyDead } of pasts) {
    if (isRedelivered) counted.redeliveredMessages++;
    if (isNewlyDead) counted.deadLetteredMessages++;
  }
  return counted;
}

/** A dead letter that was settled, and not published again, is archived. */
function endStory<M>(
  system: MessagingSystem<M>,
  process: ActiveOperation,
  { past: { deadLetter }, action, isSettled }: Story,
  failure: string | undefined,
): void {
  const isOver = failure === undefined && (isSettled || !system.hasSilentFailures);
  if (deadLetter && !action && isOver) process.set({ dlqAction: 'archive' });
}

/** What failed, or may have, is remembered. */
function endAttempt<M>(
  core: TelemetryCore<M>,
  process: ActiveOperation,
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
        error: failure,
        isDeadLetter: deadLetter !== undefined,
      }
    : undefined;
  rememberAttempt(core, process.operation as Operation<M>, message, creation, attempt);
}
