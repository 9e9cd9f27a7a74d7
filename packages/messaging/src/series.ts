import type { Attributes } from '@opentelemetry/api';
import { AttributeWriter } from './attribute-writer';
import { OTHER_ERROR } from './error-type';
import { LEGACY_MESSAGE_OPERATION, type MessagingAttributes } from './semconv';
import { lowCardinalityName } from './span-name';
import type { Operation, OperationType } from './types';

/** The attributes of one series, shared by all its points. */
export interface Series {
  /** With the operation type, for an instrument on which several operation types record. */
  typed: Attributes;
  untyped: Attributes;
  /**
   * For the time that messages waited, which is told of a destination and whoever takes from it: an SDK writes the
   * attributes out at each measurement, so that each of them costs, and a partition more is a histogram more.
   */
  waiting: Attributes;
  /** For the instruments that only the vocabulary `legacy` has. */
  legacy: Attributes;
}

interface Last {
  operation: Operation<unknown>;
  errorType: string | undefined;
  series: Series;
}

/** Marks what did not get a series of its own (metrics SDK specification, "Overflow attribute"). */
const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

/** Beyond the cap, so many more that only tell names of operations and types of errors. */
const MAX_OVERFLOWS = 100;

/** Low-cardinality attributes of operations, made once a series. Beyond the cap, operations of one name share one. */
export class SeriesTable {
  /** A series that is known already keeps its own. */
  maxSeries = 0;
  private readonly _known = new Map<string, Series>();
  private readonly _overflows = new Map<string, Series>();
  /** One operation's series is asked for several times, and the next operation tends to be like it. */
  private readonly _last: Partial<Record<OperationType, Last>> = {};
  private readonly _legacyWriter = new AttributeWriter(['legacy']);

  constructor(
    private readonly _system: string,
    private readonly _writer: AttributeWriter,
  ) {}

  of(type: OperationType, operation: Operation<unknown>, errorType?: string): Series {
    const last = this._last[type];
    if (last && last.errorType === errorType && isSameSeries(last.operation, operation)) return last.series;
    const series = this._find(type, operation, errorType);
    // No message is kept, nor what the client may change later.
    const { name, destination, consumerGroup, server } = operation;
    const kept = { name, destination, consumerGroup, server: { ...server }, messages: [] };
    this._last[type] = { operation: kept, errorType, series };
    return series;
  }

  private _find(type: OperationType, operation: Operation<unknown>, errorType?: string): Series {
    const { name, destination, consumerGroup, server } = operation;
    const destinationName = lowCardinalityName(destination);
    const { template } = destination;
    const place = [destinationName, template, destination.partitionId, consumerGroup, server?.address, server?.port];
    const key = [type, name, errorType, ...place].join('\0');
    const known = this._known.get(key);
    if (known) return known;
    if (this._known.size >= this.maxSeries) return this._overflow(type, name, errorType);
    const series = this._write(type, {
      system: this._system,
      operationName: name,
      errorType,
      destinationName,
      destinationTemplate: template,
      destinationPartitionId: destination.partitionId,
      consumerGroupName: consumerGroup,
      serverAddress: server?.address,
      serverPort: server?.port,
    });
    this._known.set(key, series);
    return series;
  }

  private _overflow(type: OperationType, name: string, errorType?: string): Series {
    const key = [type, name, errorType].join('\0');
    const known = this._overflows.get(key);
    if (known) return known;
    // Types of errors are the app's, so that there may be any number of them.
    if (this._overflows.size >= MAX_OVERFLOWS && errorType && errorType !== OTHER_ERROR)
      return this._overflow(type, name, OTHER_ERROR);
    const { typed, untyped, waiting, legacy } = this._write(type, {
      system: this._system,
      operationName: name,
      errorType,
    });
    const series = {
      typed: { ...typed, ...OVERFLOW },
      untyped: { ...untyped, ...OVERFLOW },
      waiting: { ...waiting, ...OVERFLOW },
      legacy: { ...legacy, ...OVERFLOW },
    };
    this._overflows.set(key, series);
    return series;
  }

  private _write(type: OperationType, values: MessagingAttributes): Series {
    const untyped = sorted(this._writer.write(values));
    const operationType = LEGACY_MESSAGE_OPERATION[type];
    const { system, destinationName, destinationTemplate, consumerGroupName } = values;
    return {
      untyped,
      waiting: sorted(this._writer.write({ system, destinationName, destinationTemplate, consumerGroupName })),
      typed: sorted(this._writer.write({ operationType: type }, { ...untyped })),
      legacy: sorted(this._legacyWriter.write({ ...values, operationType })),
    };
  }
}

function isSameSeries(one: Operation<unknown>, other: Operation<unknown>): boolean {
  return (
    one.name === other.name &&
    one.consumerGroup === other.consumerGroup &&
    one.server?.address === other.server?.address &&
    one.server?.port === other.server?.port &&
    one.destination.name === other.destination.name &&
    one.destination.partitionId === other.destination.partitionId &&
    lowCardinalityName(one.destination) === lowCardinalityName(other.destination) &&
    one.destination.template === other.destination.template
  );
}

/** An SDK sorts them at each measurement to find the series, which is a tenth quicker where they are sorted already. */
function sorted(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1)));
}
