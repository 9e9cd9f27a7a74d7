import { RecentMap } from '../recent-map';
import type { DeadLetter } from '../types';

const MAX_QUEUES = 1000;
const MAX_BINDINGS = 100;

/** Where a queue's dead letters are published to. */
interface Route {
  /** Empty for the default exchange, where the routing key is the name of a queue. */
  exchange: string;
  routingKey: string;
}

interface Binding {
  queue: string;
  pattern: string;
}

/* By the name of a queue or an exchange, in whichever virtual host. */
const remembered = <Value>() => new RecentMap<Value>({ max: MAX_QUEUES, maxAgeMs: Infinity });
const routes = remembered<Route>();
const bindings = remembered<readonly Binding[]>();
/** Queues to which what is refused there has come back. */
const returning = remembered<true>();

/**
 * Of a queue that was declared in this process. What a policy of the broker says, no client can see.
 * @param args the arguments of the declaration, by their names in the protocol
 */
export function learnDeadLetterExchange(queue: string, args: Readonly<Record<string, unknown>>): void {
  const { 'x-dead-letter-exchange': exchange, 'x-dead-letter-routing-key': routingKey } = args;
  if (typeof exchange !== 'string') return;
  routes.set(queue, { exchange, routingKey: typeof routingKey === 'string' ? routingKey : queue });
}

/** Of a queue that was bound in this process. */
export function learnBinding(queue: string, exchange: string, pattern: string): void {
  const known = bindings.get(exchange) ?? [];
  if (known.length >= MAX_BINDINGS || known.some(one => one.queue === queue && one.pattern === pattern)) return;
  bindings.set(exchange, [...known, { queue, pattern }]);
}

/** Of a queue whose dead letter has come, whoever declared it. */
export function learnFromDeadLetter({ originalQueue, error }: DeadLetter, queue: string | undefined): void {
  if (error !== REJECTED || originalQueue === undefined || queue === undefined || routes.get(originalQueue)) return;
  routes.set(originalQueue, { exchange: '', routingKey: queue });
}

/** RabbitMQ's word for it in `x-death`. */
export const REJECTED = 'rejected';

/** Of a queue to which a message that was refused there has come back, from one where it has waited. */
export function learnReturn(queue: string): void {
  returning.set(queue, true);
}

/**
 * Where what is refused in a queue goes as a dead letter, as far as it is known: names of an exchange, a routing key or a
 * queue. Undefined where it comes back from there, as from a queue for delays.
 */
export function rabbitmqDeadLettersOf(queue: string | undefined): readonly string[] | undefined {
  const route = queue === undefined ? undefined : routes.get(queue);
  if (!route || returning.get(queue!) || comesBack(queue!, route)) return undefined;
  return [route.exchange, route.routingKey].filter(Boolean);
}

function comesBack(queue: string, route: Route): boolean {
  return queuesBehind(route).some(name => {
    const next = name === queue ? undefined : routes.get(name);
    return next !== undefined && queuesBehind(next).includes(queue);
  });
}

/** Whatever the type of an exchange is, a queue that is called as the routing key is meant to be one of them. */
function queuesBehind({ exchange, routingKey }: Route): string[] {
  const bound = bindings.get(exchange)?.filter(({ pattern }) => mayMatch(pattern, routingKey)) ?? [];
  return [routingKey, ...bound.map(({ queue }) => queue)];
}

/** No client need know the type of an exchange: one that has wildcards, or no patterns, may take any key. */
function mayMatch(pattern: string, routingKey: string): boolean {
  return pattern === routingKey || pattern === '' || /[*#]/.test(pattern);
}
