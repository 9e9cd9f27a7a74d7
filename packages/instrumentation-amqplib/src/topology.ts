import {
  guarded,
  isThenable,
  learnBinding,
  learnDeadLetterExchange,
  learnExclusiveQueue,
  tellOutcome,
  type Advice,
} from '@queuetrace/messaging';
import type { Options, Replies } from 'amqplib';

/** `assertQueue`, with a promise or with a callback: what a queue is, only its declaration says. */
export const assertQueueAdvice: Advice = (call, [queue, options]: [string, Options.AssertQueue | undefined]) => {
  const result = call();
  const learn = guarded('reading a declaration', () => declared(options));
  if (!learn) return result;
  if (isThenable(result)) return tellOutcome(result, value => learn((value as Replies.AssertQueue).queue));
  if (queue) learn(queue);
  return result;
};

/** `bindQueue`: where what is published to an exchange goes, only its bindings say. */
export const bindQueueAdvice: Advice = (call, [queue, exchange, pattern]: unknown[]) => {
  const result = call();
  if ([queue, exchange, pattern].every(name => typeof name === 'string')) {
    learnBinding(queue as string, exchange as string, pattern as string);
  }
  return result;
};

/** What is to be learnt of the queue, if anything. */
function declared(options?: Options.AssertQueue | null): ((queue: string) => void) | undefined {
  const args = deadLetterArguments(options);
  const isExclusive = Boolean(options?.exclusive);
  if (!args && !isExclusive) return undefined;
  return queue => {
    if (args) learnDeadLetterExchange(queue, args);
    if (isExclusive) learnExclusiveQueue(queue);
  };
}

/** As amqplib makes them of its options. */
function deadLetterArguments(options?: Options.AssertQueue | null): Record<string, unknown> | undefined {
  const { deadLetterExchange, deadLetterRoutingKey, arguments: own } = options ?? {};
  const args = own as Record<string, unknown> | undefined;
  const exchange = deadLetterExchange ?? args?.['x-dead-letter-exchange'];
  if (exchange === undefined) return undefined;
  return {
    'x-dead-letter-exchange': exchange,
    'x-dead-letter-routing-key': deadLetterRoutingKey ?? args?.['x-dead-letter-routing-key'],
  };
}
