import { readCount } from '../count';
import { REJECTED } from './rabbitmq-dead-letters';
import type { DeadLetter } from '../types';

/** One entry of RabbitMQ's `x-death` header: how often a message was dead-lettered from a queue for a reason. */
interface Death {
  queue: string;
  reason?: string;
  count?: number;
  diedAtMs?: number;
  exchange?: string;
  routingKey?: string;
}

/** More entries than any real topology writes; a header may hold anything. */
const MAX_DEATHS = 100;

type Headers = Record<string, unknown> | undefined;

/** The queue that a message was first dead-lettered from. */
export function firstDeathQueue(headers: Headers): string | undefined {
  return textOf(headers?.['x-first-death-queue']) ?? deathsOf(headers).at(-1)?.queue;
}

/**
 * What `x-death` says of a message in a queue. In the queue that it died in it is not a dead letter but a retry, come
 * back through a delay queue. One that has failed anywhere has only waited where it expired.
 * @param isRetry whether messages wait in a queue to be tried again: to expire there is not to die
 */
export function deadLetterFrom(
  headers: Headers,
  queue: string | undefined,
  isRetry: (queue: string) => boolean = () => false,
): DeadLetter | undefined {
  const all = deathsOf(headers);
  const hasFailed = all.some(({ reason }) => reason !== EXPIRED);
  const hasWaited = ({ queue: name, reason }: Pick<Death, 'queue' | 'reason'>) =>
    reason === EXPIRED && (hasFailed || isRetry(name));
  const deaths = all.filter(death => !hasWaited(death));
  const named = firstNamed(headers);
  const first = named && !hasWaited(named) ? named : deaths.at(-1);
  if (first === undefined || first.queue === queue || all.some(death => death.queue === queue)) return undefined;
  const ofOriginal = deaths.filter(death => death.queue === first.queue);
  const { exchange, routingKey, reason } = ofOriginal.at(-1) ?? {};
  return {
    originalQueue: first.queue,
    error: first.reason ?? reason,
    retryCount: retryCount(headers, ofOriginal),
    deadLetteredAtMs: ofOriginal[0]?.diedAtMs,
    sentTo: [exchange, routingKey].filter(Boolean).join(':') || undefined,
    isMovedByBroker: true,
  };
}

/** How often a message was refused, or given up, in one queue or in all of them. */
export function failedDeaths(headers: Headers, queue?: string): number {
  return failuresIn(deathsOf(headers).filter(death => queue === undefined || death.queue === queue));
}

/** Whether a message that was refused in a queue has come back to it by itself, from one where it has waited. */
export function hasReturned(headers: Headers, queue: string): boolean {
  const deaths = deathsOf(headers);
  const isWaiting = deaths[0]?.reason === EXPIRED && deaths[0].queue !== queue;
  return isWaiting && deaths.some(death => death.queue === queue && death.reason === REJECTED);
}

/** When a message died last, in epoch milliseconds, to a second. */
export function lastDeathAt(headers: Headers): number | undefined {
  return deathsOf(headers)[0]?.diedAtMs;
}

/** What else kills a message, nobody has tried to handle. */
const EXPIRED = 'expired';
const NO_FAILURES: unknown[] = [EXPIRED, 'maxlen'];

function failuresIn(deaths: readonly Death[]): number {
  return deaths.reduce((sum, { reason, count = 0 }) => (NO_FAILURES.includes(reason) ? sum : sum + count), 0);
}

/** Failed deliveries: a quorum queue has counted them; else as often as the queue gave the message up. */
function retryCount(headers: Headers, deaths: readonly Death[]): number | undefined {
  return readCount(headers?.['x-delivery-count']) ?? (failuresIn(deaths) || undefined);
}

function firstNamed(headers: Headers): Pick<Death, 'queue' | 'reason'> | undefined {
  const queue = textOf(headers?.['x-first-death-queue']);
  return queue === undefined ? undefined : { queue, reason: textOf(headers?.['x-first-death-reason']) };
}

function deathsOf(headers: Headers): Death[] {
  const list = headers?.['x-death'];
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_DEATHS).flatMap((entry: Record<string, unknown> | null) => {
    const queue = textOf(entry?.queue);
    if (!entry || queue === undefined) return [];
    const keys = entry['routing-keys'];
    return [
      {
        queue,
        reason: textOf(entry.reason),
        count: readCount(entry.count),
        diedAtMs: timestampOf(entry.time),
        exchange: textOf(entry.exchange),
        routingKey: Array.isArray(keys) ? textOf(keys[0]) : undefined,
      },
    ];
  });
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** amqplib gives an AMQP timestamp as `{ '!': 'timestamp', value: seconds }`. */
function timestampOf(time: unknown): number | undefined {
  const seconds = typeof time === 'object' && time !== null ? (time as { value?: unknown }).value : time;
  return typeof seconds === 'number' ? seconds * 1000 : undefined;
}
