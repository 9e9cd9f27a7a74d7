import { epochMs } from '../clock';
import type { Message, Properties, QueuedMessage, Table } from './message';

export type DeathReason = 'rejected' | 'expired' | 'maxlen';

interface Death extends Table {
  readonly count: number;
  readonly reason: string;
  readonly queue: string;
}

/** What becomes of a message that dies in a queue with a dead letter exchange: the same, with its death on record. */
export function deadLetter(message: QueuedMessage, reason: DeathReason): Message | undefined {
  const { 'x-dead-letter-exchange': exchange, 'x-dead-letter-routing-key': key } = message.queue.options.arguments;
  if (exchange === undefined) return undefined;
  const { properties, body } = message;
  const headers = { ...firstDeath(message, reason), ...properties.headers, 'x-death': recordDeath(message, reason) };
  const routingKey = key === undefined ? message.routingKey : String(key);
  // With its expiration the message would die a second time at its destination.
  return {
    exchange: String(exchange),
    routingKey,
    properties: { ...properties, headers, expiration: undefined },
    body,
  };
}

/** One entry for each queue and reason, the latest first. */
function recordDeath(message: QueuedMessage, reason: DeathReason): Death[] {
  const queue = message.queue.name;
  const deaths = deathsOf(message.properties);
  const before = deaths.find(death => death.queue === queue && death.reason === reason);
  const { expiration } = message.properties;
  const expired = reason === 'expired' && expiration !== undefined ? { 'original-expiration': expiration } : {};
  const death = { ...(before ?? newDeath(message, reason)), ...expired };
  return [{ ...death, count: death.count + 1 }, ...deaths.filter(each => each !== before)];
}

function newDeath(message: QueuedMessage, reason: DeathReason): Death {
  return {
    count: 0,
    reason,
    queue: message.queue.name,
    time: { '!': 'timestamp', value: Math.floor(epochMs() / 1000) },
    exchange: message.exchange,
    'routing-keys': [message.routingKey],
  };
}

function firstDeath({ queue, exchange }: QueuedMessage, reason: DeathReason): Table {
  return { 'x-first-death-reason': reason, 'x-first-death-queue': queue.name, 'x-first-death-exchange': exchange };
}

function deathsOf({ headers }: Properties): Death[] {
  const deaths = headers?.['x-death'];
  return Array.isArray(deaths) ? deaths : [];
}

/** Whether a message is back at a queue that it died in without anybody having rejected it since: that has no end. */
export function isCycle(message: Message, queueName: string): boolean {
  const deaths = deathsOf(message.properties);
  const index = deaths.findIndex(death => death.queue === queueName);
  return index >= 0 && deaths.slice(0, index + 1).every(death => death.reason !== 'rejected');
}
