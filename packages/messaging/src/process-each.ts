import { processMessage } from './process-message';

export interface ProcessEachOptions {
  /** How many messages are handled at once. Default: 1, each after the one before. */
  concurrency?: number;
}

/**
 * Handles received messages, each in the context of its own process span; see {@link processMessage}. After a failure
 * no further message is begun; those that have begun are awaited.
 * @returns what the handler returned, in the order of the messages; rejects with the first failure
 */
export async function processEach<Message extends object, Result>(
  messages: Iterable<Message>,
  handler: (message: Message) => Result,
  { concurrency = 1 }: ProcessEachOptions = {},
): Promise<Awaited<Result>[]> {
  const list = [...messages];
  const results = new Array<Awaited<Result>>(list.length);
  const failures: unknown[] = [];
  let next = 0;
  const work = async () => {
    while (next < list.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await processMessage(list[index], handler);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const workers = Math.min(list.length, Math.max(1, Math.floor(concurrency) || 1));
  await Promise.all(Array.from({ length: workers }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}
