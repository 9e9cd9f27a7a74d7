import type { Attributes, AttributeValue, Span } from '@opentelemetry/api';
import {
  ATTRIBUTE_NAMES,
  CONVERSIONS,
  MAX_VALUE_LENGTH,
  VOCABULARIES,
  type AttributeKey,
  type Convert,
  type MessagingAttributes,
  type Names,
  type Vocabulary,
} from './semconv';

interface Column {
  name: string;
  convert: Convert;
}

/** Writes attributes under the names of the vocabularies that are on. */
export class AttributeWriter {
  /** A Map: of an object with so many keys each look-up takes twice as long. */
  private readonly _columns: ReadonlyMap<string, readonly Column[]>;
  /** Of a link that says nothing else. */
  readonly creationLink: Readonly<Attributes>;

  constructor(readonly vocabularies: readonly Vocabulary[]) {
    this._columns = new Map(
      Object.entries(ATTRIBUTE_NAMES).map(([key, names]) => [key, columnsOf(key as AttributeKey, names, vocabularies)]),
    );
    this.creationLink = Object.freeze(this.write({ linkType: 'creation' }));
  }

  /** Adds to `target` and gives it back. An undefined value is left out, a long one is cut. */
  write(values: MessagingAttributes, target: Attributes = {}): Attributes {
    for (const key in values) this.add(key as AttributeKey, values[key as AttributeKey], target);
    return target;
  }

  /** As {@link write}, for one. */
  add(key: AttributeKey, value: AttributeValue | undefined, target: Attributes): void {
    if (value === undefined) return;
    const columns = this._columns.get(key)!;
    for (let index = 0; index < columns.length; index++) target[columns[index].name] = columns[index].convert(value);
  }

  /** As {@link write}, straight onto a span that is recording. */
  set(values: MessagingAttributes, span: Span): void {
    for (const key in values) this.setOne(key as AttributeKey, values[key as AttributeKey], span);
  }

  /** As {@link set}, for one. */
  setOne(key: AttributeKey, value: AttributeValue | undefined, span: Span): void {
    if (value === undefined) return;
    const columns = this._columns.get(key)!;
    for (let index = 0; index < columns.length; index++) {
      span.setAttribute(columns[index].name, columns[index].convert(value));
    }
  }
}

const bounded = (value: AttributeValue) =>
  typeof value === 'string' && value.length > MAX_VALUE_LENGTH ? value.slice(0, MAX_VALUE_LENGTH) : value;

/** Where two vocabularies share a name, the first one's value counts. */
function columnsOf(key: AttributeKey, names: Names, vocabularies: readonly Vocabulary[]): Column[] {
  const columns = new Map<string, Column>();
  for (const vocabulary of vocabularies) {
    const name = names[VOCABULARIES.indexOf(vocabulary)];
    if (name !== null && !columns.has(name))
      columns.set(name, { name, convert: CONVERSIONS[vocabulary][key] ?? bounded });
  }
  return [...columns.values()];
}
