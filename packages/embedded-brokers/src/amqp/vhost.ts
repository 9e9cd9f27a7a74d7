import { randomUUID } from 'node:crypto';
import { deadLetter, isCycle, type DeathReason } from './dead-letter';
import { ChannelError, ConnectionError } from './errors';
import { Exchange, isExchangeType, type Binding, type ExchangeOptions } from './exchange';
import type { Message, QueuedMessage } from './message';
import { Queue, type QueueOptions } from './queue';
import { assertSameExchange, assertSameQueue } from './redeclare';

const PREDECLARED = [
  ['amq.direct', 'direct'],
  ['amq.fanout', 'fanout'],
  ['amq.topic', 'topic'],
  ['amq.headers', 'headers'],
  ['amq.match', 'headers'],
];

/** The exchanges, queues and bindings of the only virtual host, `/`. */
export class VirtualHost {
  private readonly exchanges = new Map<string, Exchange>();
  private readonly queues = new Map<string, Queue>();

  constructor() {
    const options = { durable: true, autoDelete: false, arguments: {} };
    for (const [name, type] of PREDECLARED) this.exchanges.set(name, new Exchange(name, { type, ...options }));
  }

  exchange(name: string): Exchange {
    const exchange = this.exchanges.get(name);
    if (!exchange) throw new ChannelError('NOT_FOUND', `no exchange '${name}' in vhost '/'`);
    return exchange;
  }

  declareExchange(name: string, options: ExchangeOptions): void {
    const { type } = options;
    if (!isExchangeType(type)) throw new ConnectionError('COMMAND_INVALID', `unknown exchange type '${type}'`);
    const existing = this.exchanges.get(name);
    if (existing) assertSameExchange(existing, options);
    else this.exchanges.set(name, new Exchange(name, options));
  }

  deleteExchange(name: string, ifUnused = false): void {
    const exchange = this.exchanges.get(name);
    if (!exchange) return;
    if (ifUnused && exchange.isBound) {
      throw new ChannelError('PRECONDITION_FAILED', `exchange '${name}' in vhost '/' in use`);
    }
    this.exchanges.delete(name);
    this.unbindAll(exchange);
  }

  /** `connection` is who asks: an exclusive queue is nobody else's. */
  queue(name: string, connection: object): Queue {
    const queue = this.queues.get(name);
    if (!queue) throw new ChannelError('NOT_FOUND', `no queue '${name}' in vhost '/'`);
    if (queue.owner && queue.owner !== connection) {
      const text = `cannot obtain exclusive access to locked queue '${name}' in vhost '/'`;
      throw new ChannelError('RESOURCE_LOCKED', text);
    }
    return queue;
  }

  declareQueue(name: string, options: QueueOptions, connection: object): Queue {
    if (name !== '' && this.queues.has(name)) {
      const existing = this.queue(name, connection);
      assertSameQueue(existing, options);
      return existing;
    }
    const owner = options.exclusive ? connection : undefined;
    const onDeath = (message: QueuedMessage, reason: DeathReason) => this.bury(message, reason);
    const queue = new Queue(name || `amq.gen-${randomUUID()}`, options, owner, onDeath);
    this.queues.set(queue.name, queue);
    return queue;
  }

  /** Returns how many messages went with it; a queue that is not there is no error. */
  deleteQueue(name: string, connection: object, { ifUnused = false, ifEmpty = false } = {}): number {
    if (!this.queues.has(name)) return 0;
    const queue = this.queue(name, connection);
    const refuse = (why: string) => new ChannelError('PRECONDITION_FAILED', `queue '${name}' in vhost '/' ${why}`);
    if (ifUnused && queue.consumers.length > 0) throw refuse('in use');
    if (ifEmpty && queue.length > 0) throw refuse('not empty');
    return this.removeQueue(queue);
  }

  removeQueue(queue: Queue): number {
    queue.deleted = true;
    this.queues.delete(queue.name);
    this.unbindAll(queue);
    for (const consumer of [...queue.consumers]) consumer.channel.cancelConsumer(consumer);
    return queue.purge();
  }

  removeQueuesOf(connection: object): void {
    for (const queue of [...this.queues.values()]) if (queue.owner === connection) this.removeQueue(queue);
  }

  unbind(source: Exchange, binding: Binding): void {
    source.unbind(binding);
    this.deleteIfUnbound(source);
  }

  /** The queues that a message goes to, each once. */
  route(message: Message): Set<Queue> {
    if (message.exchange !== '') return this.routeFrom(this.exchanges.get(message.exchange), message);
    // The default exchange: every queue is bound to it by its name.
    const queue = this.queues.get(message.routingKey);
    return new Set(queue ? [queue] : []);
  }

  private routeFrom(first: Exchange | undefined, message: Message): Set<Queue> {
    const queues = new Set<Queue>();
    const exchanges = new Set(first ? [first] : []);
    // Exchanges that are found on the way are added to the set while it is walked through.
    for (const exchange of exchanges) {
      const destinations = exchange.destinations(message);
      const alternate = this.exchanges.get(String(exchange.options.arguments['alternate-exchange']));
      if (destinations.length === 0 && alternate) exchanges.add(alternate);
      for (const destination of destinations) {
        if (destination instanceof Queue) queues.add(destination);
        else exchanges.add(destination);
      }
    }
    return queues;
  }

  bury(message: QueuedMessage, reason: DeathReason): void {
    const letter = deadLetter(message, reason);
    if (!letter) return;
    for (const queue of this.route(letter)) if (!isCycle(letter, queue.name)) queue.publish(letter);
  }

  private unbindAll(destination: Queue | Exchange): void {
    for (const exchange of [...this.exchanges.values()]) {
      const wasBound = exchange.isBound;
      exchange.unbindAll(destination);
      if (wasBound) this.deleteIfUnbound(exchange);
    }
  }

  private deleteIfUnbound(exchange: Exchange): void {
    if (exchange.options.autoDelete && !exchange.isBound) this.deleteExchange(exchange.name);
  }
}
