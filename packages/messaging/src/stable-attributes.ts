import type { Attributes } from '@opentelemetry/api';
import { operationAttributes } from './attributes';
import type { AttributeWriter } from './semconv';
import type { MessagingSystem, Operation, OperationType } from './types';

interface Known {
  /** The operation that the attributes were made of. */
  operation: Operation<unknown>;
  attributes: Readonly<Attributes>;
}

const MAX_DESTINATIONS = 1000;

/** The attributes that do not change from one operation to the next of its kind, made once a destination. */
export class StableAttributes {
  private readonly _byPlace: Partial<Record<OperationType, Map<string | undefined, Known>>> = {};

  constructor(
    private readonly _system: Pick<MessagingSystem<never>, 'name' | 'destinationKind'>,
    private readonly _writer: AttributeWriter,
  ) {}

  /** A copy to add to. */
  of(type: OperationType, operation: Operation<unknown>): Attributes {
    const places = (this._byPlace[type] ??= new Map<string | undefined, Known>());
    const { name } = operation.destination;
    const known = places.get(name);
    if (known && isAlike(known.operation, operation)) return { ...known.attributes };
    const attributes = this._writer.write(operationAttributes(this._system, type, operation));
    // Neither the messages nor what else the client tells are kept.
    const { consumerGroup, clientId, server, destination } = operation;
    const kept = { name: operation.name, messages: [], consumerGroup, clientId, server: { ...server }, destination };
    if (known || places.size < MAX_DESTINATIONS) places.set(name, { operation: kept, attributes });
    return { ...attributes };
  }
}

function isAlike(one: Operation<unknown>, other: Operation<unknown>): boolean {
  return (
    one.name === other.name &&
    one.consumerGroup === other.consumerGroup &&
    one.clientId === other.clientId &&
    one.server?.address === other.server?.address &&
    one.server?.port === other.server?.port &&
    one.destination.isTemporary === other.destination.isTemporary &&
    one.destination.isAnonymous === other.destination.isAnonymous
  );
}
