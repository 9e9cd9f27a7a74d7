import { headersMatch, topicMatches } from './matching';
import type { Message, Table } from './message';
import type { Queue } from './queue';

export interface ExchangeOptions {
  readonly type: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly arguments: Table;
}

export interface Binding {
  readonly destination: Queue | Exchange;
  readonly routingKey: string;
  readonly arguments: Table;
}

type Matcher = (binding: Binding, message: Message) => boolean;

const matchers: Record<string, Matcher> = {
  direct: (binding, message) => binding.routingKey === message.routingKey,
  fanout: () => true,
  topic: (binding, message) => topicMatches(binding.routingKey, message.routingKey),
  headers: (binding, message) => headersMatch(binding.arguments, message.properties.headers),
};

export const isExchangeType = (type: string): boolean => Object.hasOwn(matchers, type);

/** Decides by its type which of its bindings a message goes along. */
export class Exchange {
  private bindings: Binding[] = [];

  constructor(
    readonly name: string,
    readonly options: ExchangeOptions,
  ) {}

  get isBound(): boolean {
    return this.bindings.length > 0;
  }

  bind(binding: Binding): void {
    if (!this.bindings.some(each => isSame(each, binding))) this.bindings.push(binding);
  }

  unbind(binding: Binding): void {
    this.bindings = this.bindings.filter(each => !isSame(each, binding));
  }

  unbindAll(destination: Queue | Exchange): void {
    this.bindings = this.bindings.filter(each => each.destination !== destination);
  }

  destinations(message: Message): (Queue | Exchange)[] {
    const matches = matchers[this.options.type];
    return this.bindings.filter(binding => matches(binding, message)).map(binding => binding.destination);
  }
}

function isSame(a: Binding, b: Binding): boolean {
  if (a.destination !== b.destination || a.routingKey !== b.routingKey) return false;
  return JSON.stringify(a.arguments) === JSON.stringify(b.arguments);
}
