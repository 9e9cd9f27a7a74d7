import { guarded, isThenable, learnDeadLetterExchange, tellOutcome, type Advice } from '@queuetrace/messaging';
import type { Options, Replies } from 'amqplib';

/** `assertQueue`, with a promise or with a callback: where a queue sends its dead letters, only its declaration says. */
export const assertQueueAdvice: Advice = (call, [queue, options]: [string, Options.AssertQueue | undefined]) => {
  const result = call();
  const args = guarded('reading a declaration', () => deadLetterArguments(options));
  if (!args) return result;
  if (isThenable(result))
    return tellOutcome(result, value => learnDeadLetterExchange((value as Replies.AssertQueue).queue, args));
  if (queue) learnDeadLetterExchange(queue, args);
  return result;
};

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
