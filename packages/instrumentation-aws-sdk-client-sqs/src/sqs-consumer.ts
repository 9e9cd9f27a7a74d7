import {
  activeOperation,
  runDetached,
  state,
  type ActiveOperation,
  type Call,
  type MessagingTelemetry,
  type Patch,
  type SqsMessage,
} from '@queuetrace/messaging';
import type { Message } from '@aws-sdk/client-sqs';
import { batchOf } from './receive';

type Telemetry = MessagingTelemetry<SqsMessage>;

/**
 * The consumer of the package sqs-consumer, which receives and deletes through the client. Its handlers get the process
 * span and end it, with their error.
 */
export function patchesOfConsumer(telemetry: () => Telemetry, type: { prototype: object } | undefined): Patch[] {
  if (!type) return [];
  const methods: Patch['methods'] = {
    // Each poll starts the next one: else all of them would go on in the context of whoever started the consumer.
    poll: call => runDetached(call),
    executeHandler: (call, args: [Message], consumer: Consumer) => handleMessage(call, args, deletes(consumer)),
    executeBatchHandler: (call, args: [Message[]], consumer: Consumer) =>
      handleMessageBatch(telemetry(), call, args, deletes(consumer)),
  };
  return [{ target: type.prototype, methods }];
}

interface Consumer {
  shouldDeleteMessages?: boolean;
}

/** Messages whose handler has succeeded, unless it was told not to. */
const deletes = ({ shouldDeleteMessages = true }: Consumer) => shouldDeleteMessages;

function handleMessage(call: Call, [message]: [Message], isDeleted: boolean): unknown {
  // The consumer maps over the messages: a look at the context begins that step, which the delete is a part of, too.
  activeOperation();
  const process = state.deliveries.get(message)?.start();
  if (isDeleted) process?.doesNotComeAgain();
  return process ? endWithHandler(process, call) : call();
}

function handleMessageBatch(telemetry: Telemetry, call: Call, [messages]: [Message[]], isDeleted: boolean): unknown {
  const operation = batchOf(messages);
  if (!operation) return call();
  const process = telemetry.startProcess({ ...operation, isSettledOnSuccess: isDeleted }, { isCounted: true });
  return endWithHandler(process, call);
}

function endWithHandler(process: ActiveOperation, call: Call): unknown {
  return process.follow(call, undefined, error => {
    const thrown = thrownBy(error);
    if (thrown !== error) process.end(thrown, true);
  });
}

/** Newer versions wrap what a handler has thrown. */
function thrownBy(error: unknown): unknown {
  const { name, cause } = (error ?? {}) as { name?: unknown; cause?: unknown };
  return name === 'StandardError' && cause !== undefined ? cause : error;
}
