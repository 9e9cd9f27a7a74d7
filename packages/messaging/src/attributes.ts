import type { Attributes } from '@opentelemetry/api';
import { HEADER_PREFIX, type MessagingAttributes } from './semconv';
import type { MessageAttributeOptions, MessagingSystem, Operation, OperationType } from './types';

/** Longer values are cut, so that a message can't make a span as big as itself. */
const MAX_VALUE_LENGTH = 1024;

/** What is true of every operation of its kind; all of it is known at span start, where samplers see it. */
export function operationAttributes(
  system: Pick<MessagingSystem<never>, 'name' | 'destinationKind'>,
  type: OperationType,
  operation: Operation<unknown>,
): MessagingAttributes {
  const { destination } = operation;
  return {
    system: system.name,
    operationName: operation.name,
    operationType: type,
    destinationName: destination.name,
    destinationKind: destination.name === undefined ? undefined : system.destinationKind,
    destinationTemporary: destination.isTemporary || undefined,
    destinationAnonymous: destination.isAnonymous || undefined,
    consumerGroupName: operation.consumerGroup,
    ...serverAttributes(operation),
  };
}

/** Which client talked to which broker: some clients learn it only on the way. */
export function serverAttributes({ clientId, server }: Operation<unknown>): MessagingAttributes {
  return { clientId, serverAddress: server?.address, serverPort: server?.port };
}

/** What is true of one message, bounded in length. */
export function messageAttributes<M>(
  system: MessagingSystem<M>,
  message: M,
  options: MessageAttributeOptions,
): MessagingAttributes {
  const attributes = system.attributes(message, options);
  for (const key in attributes) {
    const value = attributes[key as keyof MessagingAttributes];
    if (typeof value === 'string' && value.length > MAX_VALUE_LENGTH) {
      attributes[key as keyof MessagingAttributes] = value.slice(0, MAX_VALUE_LENGTH);
    }
  }
  return attributes;
}

/** The headers that the user asked for, as `messaging.header.<name>`. */
export function headerAttributes<M>(
  system: MessagingSystem<M>,
  message: M,
  isCaptured: (header: string) => boolean,
): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(system.headers(message) ?? {})) {
    if (!isCaptured(name)) continue;
    const text = (Array.isArray(value) ? value : [value]).map(one => String(one).slice(0, MAX_VALUE_LENGTH));
    attributes[HEADER_PREFIX + name] = Array.isArray(value) ? text : text[0];
  }
  return attributes;
}
