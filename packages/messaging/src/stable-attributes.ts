import type { Attributes } from '@opentelemetry/api';
import { clientAttributes, samplingAttributes } from './attributes';
import type { AttributeWriter } from './attribute-writer';
import { spanName } from './span-name';
import type { MessagingSystem, Operation, OperationType } from './types';

/** What does not change from one operation to the next of its kind. */
export interface Stable {
  spanName: string;
  /** What samplers see. */
  sampling: Readonly<Attributes>;
  /** What only the record has. */
  client: Readonly<Attributes>;
}

interface Known extends Stable {
  /** The operation that all this was made of. */
  operation: Operation<unknown>;
}

type Partitions = Map<string | undefined, Known>;

const MAX_PLACES = 1000;

/**
 * The name and the attributes that do not change from one operation to the next of its kind, made once a destination and
 * partition. They are handed out as they are, so nobody may write to them.
 */
export class StableAttributes {
  private readonly _places: Partial<Record<OperationType, Map<string | undefined, Partitions>>> = {};
  private _size = 0;

  constructor(
    private readonly _system: Pick<MessagingSystem<never>, 'name' | 'destinationKind'>,
    private readonly _writer: AttributeWriter,
  ) {}

  of(type: OperationType, operation: Operation<unknown>): Stable {
    const { name, partitionId } = operation.destination;
    const known = this._places[type]?.get(name)?.get(partitionId);
    if (known && isAlike(known.operation, operation)) return known;
    const made = this._make(type, operation);
    if (known || this._size < MAX_PLACES) this._keep(type, made);
    return made;
  }

  private _keep(type: OperationType, made: Known): void {
    const { name, partitionId } = made.operation.destination;
    const places = (this._places[type] ??= new Map<string | undefined, Partitions>());
    const partitions = places.get(name) ?? new Map<string | undefined, Known>();
    places.set(name, partitions);
    if (!partitions.has(partitionId)) this._size++;
    partitions.set(partitionId, made);
  }

  private _make(type: OperationType, operation: Operation<unknown>): Known {
    // Neither the messages nor what else the client tells are kept.
    const { name, consumerGroup, clientId, server, destination } = operation;
    return {
      operation: {
        name,
        messages: [],
        consumerGroup,
        clientId,
        server: { ...server },
        destination: { ...destination },
      },
      spanName: spanName(operation),
      sampling: Object.freeze(this._writer.write(samplingAttributes(this._system, type, operation))),
      client: Object.freeze(this._writer.write(clientAttributes(operation))),
    };
  }
}

function isAlike(one: Operation<unknown>, other: Operation<unknown>): boolean {
  return (
    one.name === other.name &&
    one.consumerGroup === other.consumerGroup &&
    one.clientId === other.clientId &&
    one.server?.address === other.server?.address &&
    one.server?.port === other.server?.port &&
    one.server?.virtualHost === other.server?.virtualHost &&
    one.destination.isTemporary === other.destination.isTemporary &&
    one.destination.isAnonymous === other.destination.isAnonymous
  );
}
