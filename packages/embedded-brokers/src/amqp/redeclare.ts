/** What is declared again must be what it was: else RabbitMQ closes the channel and names the first difference. */
import { ChannelError } from './errors';
import type { Exchange, ExchangeOptions } from './exchange';
import type { Queue, QueueOptions } from './queue';

const QUEUE_ARGUMENTS = [
  'x-dead-letter-exchange',
  'x-dead-letter-routing-key',
  'x-expires',
  'x-max-length',
  'x-max-priority',
  'x-message-ttl',
  'x-overflow',
  'x-queue-type',
];

export function assertSameExchange({ name, options }: Exchange, again: ExchangeOptions): void {
  for (const field of ['type', 'durable', 'autoDelete'] as const) {
    const [received, current] = [again[field], options[field]];
    if (received !== current) throw inequivalent(field, 'exchange', name, quoted(received), quoted(current));
  }
}

export function assertSameQueue({ name, options }: Queue, again: QueueOptions): void {
  for (const field of ['durable', 'exclusive', 'autoDelete'] as const) {
    const [received, current] = [again[field], options[field]];
    if (received !== current) throw inequivalent(field, 'queue', name, quoted(received), quoted(current));
  }
  for (const argument of QUEUE_ARGUMENTS) {
    const [received, current] = [again.arguments[argument], options.arguments[argument]];
    if (received !== current) throw inequivalent(argument, 'queue', name, typed(received), typed(current));
  }
}

function inequivalent(field: string, what: string, name: string, received: string, current: string): ChannelError {
  const argument = field === 'autoDelete' ? 'auto_delete' : field;
  const where = `inequivalent arg '${argument}' for ${what} '${name}' in vhost '/'`;
  return new ChannelError('PRECONDITION_FAILED', `${where}: received ${received} but current is ${current}`);
}

const quoted = (value: unknown): string => `'${value}'`;

function typed(value: unknown): string {
  if (value === undefined) return 'none';
  return `the value '${value}' of type '${typeof value === 'string' ? 'longstr' : 'signedint'}'`;
}
