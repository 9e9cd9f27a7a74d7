import {
  activeOperation,
  runDetached,
  state,
  type ActiveOperation,
  type Call,
  type Patch,
  type SqsReceivedMessages,
} from '@queuetrace/messaging';
import type { Message } from '@aws-sdk/client-sqs';

interface Consumer {
  shouldDeleteMessages?: boolean;
}

/**
 * The consumer of the package sqs-consumer, which receives and deletes through the client. Its handlers get the process
 * span and end it, with their error.
 */
export function patchesOfConsumer(
  received: () => SqsReceivedMessages,
  type: { prototype: object } | undefined,
): Patch[] {
  if (!type) return [];
  const methods: Patch['methods'] = {
    // Each poll starts the next one: else all of them would go on in the context of whoever started the consumer.
    poll: call => runDetached(call),
    executeHandler: handleMessage,
    executeBatchHandler(call, [messages]: [Message[]]) {
      const process = received().startBatch(messages);
      return process ? endWithHandler(process, call) : call();
    },
  };
  return [{ target: type.prototype, methods }];
}

function handleMessage(call: Call, [message]: [Message], consumer: Consumer): unknown {
  // The consumer maps over the messages: a look at the context begins that step, which the delete is a part of, too.
  activeOperation();
  const process = state.deliveries.get(message)?.start();
  if (!process) return call();
  return endWithHandler(process, call, answer => {
    if (isDeleted(message, answer, consumer)) process.doesNotComeAgain();
  });
}

/** The consumer deletes what its handler gives back; before 6.2, whatever that was. */
function isDeleted({ MessageId }: Message, answer: unknown, { shouldDeleteMessages = true }: Consumer): boolean {
  return shouldDeleteMessages && (answer === undefined || (answer as Message | null)?.MessageId === MessageId);
}

function endWithHandler(process: ActiveOperation, call: Call, onSuccess?: (answer: unknown) => void): unknown {
  return process.follow(call, onSuccess, error => {
    const thrown = thrownBy(error);
    if (thrown !== error) process.end(thrown, true);
  });
}

/** Newer versions wrap what a handler has thrown. */
function thrownBy(error: unknown): unknown {
  const { name, cause } = (error ?? {}) as { name?: unknown; cause?: unknown };
  return name === 'StandardError' && cause !== undefined ? cause : error;
}
