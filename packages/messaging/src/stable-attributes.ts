import type { Attributes } from '@opentelemetry/api';
import { clientAttributes, samplingAttributes } from './attributes';
import type { AttributeWriter } from './semconv';
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

const MAX_DESTINATIONS = 1000;

/** The name and the attributes that do not change from one operation to the next of its kind, made once a destination. */
export class StableAttributes {
  private readonly _byPlace: Partial<Record<OperationType, Map<string | undefined, Known>>> = {};

  constructor(
    private readonly _system: Pick<MessagingSystem<never>, 'name' | 'destinationKind'>,
    private readonly _writer: AttributeWriter,
  ) {}

  of(type: OperationType, operation: Operation<unknown>): Stable {
    const places = (this._byPlace[type] ??= new Map<string | undefined, Known>());
    const { name } = operation.destination;
    const known = places.get(name);
    if (known && isAlike(known.operation, operation)) return known;
    const made = this._make(type, operation);
    if (known || places.size < MAX_DESTINATIONS) places.set(name, made);
    return made;
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
      sampling: this._writer.write(samplingAttributes(this._system, type, operation)),
      client: this._writer.write(clientAttributes(operation)),
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
