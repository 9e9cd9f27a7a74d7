import { invalidParameter } from './errors';

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  /** In base64, as in the JSON protocol. */
  readonly BinaryValue?: string;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

const MAX_ATTRIBUTES = 10;
const LEGAL_NAME = /^[a-z0-9_.-]{1,256}$/i;
const RESERVED_PREFIX = /^(aws|amazon)\./i;
const MISPLACED_DOT = /^\.|\.\.|\.$/;
const DATA_TYPE = /^(String|Number|Binary)(\..+)?$/;

export const isBinary = (attribute: MessageAttribute): boolean => attribute.DataType.startsWith('Binary');

export function valueBytes(attribute: MessageAttribute): Buffer {
  return isBinary(attribute)
    ? Buffer.from(attribute.BinaryValue ?? '', 'base64')
    : Buffer.from(attribute.StringValue ?? '', 'utf8');
}

export function assertValidAttributes(attributes: MessageAttributes): void {
  const count = Object.keys(attributes).length;
  if (count > MAX_ATTRIBUTES) {
    throw invalidParameter(`Number of message attributes [${count}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`);
  }
  for (const [name, attribute] of Object.entries(attributes)) assertValidAttribute(name, attribute);
}

function assertValidAttribute(name: string, attribute: MessageAttribute): void {
  const [type] = DATA_TYPE.exec(attribute.DataType) ?? [];
  if (!LEGAL_NAME.test(name) || RESERVED_PREFIX.test(name) || MISPLACED_DOT.test(name))
    throw invalidParameter(`Message (user) attribute name '${name}' is invalid.`);
  if (!type) throw invalidParameter(`The type of message (user) attribute '${name}' is invalid.`);
  if (valueBytes(attribute).length === 0) {
    throw invalidParameter(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);
  }
}

/** What the attributes add to the size of a message: names, types and values. */
export function sizeOfAttributes(attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce(
    (size, [name, attribute]) =>
      size + Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + valueBytes(attribute).length,
    0,
  );
}

/**
 * The attributes that somebody asked for: by name, by `prefix.*`, or all of them by `All` or `.*`.
 * Nothing at all, rather than an empty object, if there is none: that is how AWS answers.
 */
export function pickAttributes<T>(
  attributes: Readonly<Record<string, T>>,
  names: readonly string[] = [],
): Record<string, T> | undefined {
  const isWanted = (attribute: string) => names.some(name => matches(name, attribute));
  const picked = Object.entries(attributes).filter(([name]) => isWanted(name));
  return picked.length > 0 ? Object.fromEntries(picked) : undefined;
}

function matches(wanted: string, attribute: string): boolean {
  if (wanted === 'All') return true;
  return wanted.endsWith('.*') ? attribute.startsWith(wanted.slice(0, -2)) : attribute === wanted;
}
