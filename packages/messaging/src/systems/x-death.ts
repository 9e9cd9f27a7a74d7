import type { DeadLetter } from '../types';

/** One entry of RabbitMQ's `x-death` header: how often a message was dead-lettered from a queue for a reason. */
interface Death {
  queue: string;
  reason?: string;
  count?: number;
  diedAtMs?: number;
}

/** More entries than any real topology writes; a header may hold anything. */
const MAX_DEATHS = 100;

type Headers = Record<string, unknown> | undefined;

/** The queue that a message was first dead-lettered from. */
export function firstDeathQueue(headers: Headers): string | undefined {
  const first = headers?.['x-first-death-queue'];
  if (typeof first === 'string' && first !== '') return first;
  return deathsOf(headers).at(-1)?.queue;
}

/**
 * What `x-death` says of a message in a queue. In the queue that it died in it is not a dead letter but a retry, come
 * back through a delay queue.
 */
export function deadLetterFrom(headers: Headers, queue: string | undefined): DeadLetter | undefined {
  const originalQueue = firstDeathQueue(headers);
  if (originalQueue === undefined || originalQueue === queue) return undefined;
  const deaths = deathsOf(headers);
  if (deaths.some(death => death.queue === queue)) return undefined;
  const ofOriginal = deaths.filter(death => death.queue === originalQueue);
  const reason = headers?.['x-first-death-reason'] ?? ofOriginal.at(-1)?.reason;
  return {
    originalQueue,
    error: typeof reason === 'string' ? reason : undefined,
    retryCount: retryCount(headers, ofOriginal),
    deadLetteredAtMs: ofOriginal[0]?.diedAtMs,
    isMovedByBroker: true,
  };
}

/** Failed deliveries: a quorum queue has counted them; else as often as the queue gave the message up. */
function retryCount(headers: Headers, deaths: readonly Death[]): number | undefined {
  const delivered = headers?.['x-delivery-count'];
  if (typeof delivered === 'number' && delivered > 0) return delivered;
  const failed = deaths.filter(({ reason }) => reason !== 'expired' && reason !== 'maxlen');
  return failed.reduce((sum, { count = 0 }) => sum + count, 0) || undefined;
}

function deathsOf(headers: Headers): Death[] {
  const list = headers?.['x-death'];
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_DEATHS).flatMap((entry: Record<string, unknown> | null) => {
    if (typeof entry?.queue !== 'string') return [];
    const { queue, reason, count } = entry;
    return [
      {
        queue,
        reason: typeof reason === 'string' ? reason : undefined,
        count: Number.isSafeInteger(count) && (count as number) > 0 ? (count as number) : undefined,
        diedAtMs: timestampOf(entry.time),
      },
    ];
  });
}

/** amqplib gives an AMQP timestamp as `{ '!': 'timestamp', value: seconds }`. */
function timestampOf(time: unknown): number | undefined {
  const seconds = typeof time === 'object' && time !== null ? (time as { value?: unknown }).value : time;
  return typeof seconds === 'number' ? seconds * 1000 : undefined;
}
