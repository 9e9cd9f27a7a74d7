import type { MessagingAttributes } from '../semconv';
import type { Destination, Operation, Server } from '../types';

/** Where a call goes, a queue or a topic, and what every operation there has in common. */
export interface AwsPlace {
  destination: Destination;
  server?: Server;
  attributes: MessagingAttributes;
}

/** An operation there. Written key by key: what V8 has to spread for each call costs more than all of this. */
export function operationAt<M>(
  { destination, server, attributes }: AwsPlace,
  name: string,
  messages: readonly M[],
  isBatch: boolean,
): Operation<M> {
  return { name, destination, server, attributes, messages, isBatch };
}
