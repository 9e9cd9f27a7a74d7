import type { Attributes } from '@opentelemetry/api';
import { HEADER_PREFIX, MAX_VALUE_LENGTH, type MessagingAttributes } from './semconv';
import type { MessagingSystem, Operation, OperationType } from './types';

/** What samplers decide by (messaging-spans.md: "SHOULD be provided at span creation time"). */
export function samplingAttributes(
  system: Pick<MessagingSystem<never>, 'name' | 'destinationKind'>,
  type: OperationType,
  { name, destination, consumerGroup, server }: Operation<unknown>,
): MessagingAttributes {
  return {
    system: system.name,
    operationName: name,
    operationType: type,
    destinationName: destination.name,
    destinationTemplate: destination.template,
    destinationKind: destination.name === undefined ? undefined : system.destinationKind,
    destinationPartitionId: destination.partitionId,
    consumerGroupName: consumerGroup,
    serverAddress: server?.address,
    serverPort: server?.port,
  };
}

/** What else is true of every operation of its kind. */
export function clientAttributes({ clientId, destination, server }: Operation<unknown>): MessagingAttributes {
  return {
    clientId,
    destinationTemporary: destination.isTemporary || undefined,
    destinationAnonymous: destination.isAnonymous || undefined,
    rabbitmqVirtualHost: server?.virtualHost,
  };
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
