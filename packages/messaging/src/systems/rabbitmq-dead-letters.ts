import { RecentMap } from '../recent-map';
import type { DeadLetter } from '../types';

const MAX_QUEUES = 1000;

/** By queue, as it is called in whichever virtual host: the exchange and routing keys that its dead letters may go to. */
const routes = new RecentMap<readonly string[]>({ max: MAX_QUEUES, maxAgeMs: Infinity });

/**
 * Of a queue that was declared in this process. What a policy of the broker says, no client can see.
 * @param args the arguments of the declaration, by their names in the protocol
 */
export function learnDeadLetterExchange(queue: string, args: Readonly<Record<string, unknown>>): void {
  const { 'x-dead-letter-exchange': exchange, 'x-dead-letter-routing-key': routingKey } = args;
  if (typeof exchange !== 'string') return;
  routes.set(queue, [exchange, typeof routingKey === 'string' ? routingKey : queue].filter(Boolean));
}

/** Of a queue whose dead letter has come, whoever declared it. */
export function learnFromDeadLetter({ originalQueue, error }: DeadLetter, queue: string | undefined): void {
  if (error !== REJECTED || originalQueue === undefined || queue === undefined || routes.get(originalQueue)) return;
  routes.set(originalQueue, [queue]);
}

/** RabbitMQ's word for it in `x-death`. */
const REJECTED = 'rejected';

/**
 * Where what is refused in a queue goes as a dead letter, as far as it is known: names of an exchange, a routing key or a
 * queue. Undefined where it comes back from there, as from a queue for delays.
 */
export function rabbitmqDeadLettersOf(queue: string | undefined): readonly string[] | undefined {
  const to = queue === undefined ? undefined : routes.get(queue);
  const comesBack = to?.some(name => name !== queue && routes.get(name)?.includes(queue!));
  return comesBack ? undefined : to;
}
