import type { Attributes, AttributeValue } from '@opentelemetry/api';
import {
  deadLetterActions,
  knownAttributes,
  ownAttributePrefixes,
  type AttributeType,
  type Vocabulary,
} from './convention-table';

const CHECKED_NAMESPACES = /^(messaging|kafka|rabbitmq|dlq)\./;

/** Unknown names of our namespaces, and wrong types. */
export function attributeErrors(attributes: Attributes, vocabularies: readonly Vocabulary[]): string[] {
  const known = knownAttributes(vocabularies);
  const errors: string[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    const type = known.get(name) ?? openFamilyType(name);
    if (type === undefined) {
      if (CHECKED_NAMESPACES.test(name)) errors.push(`unknown attribute ${name}`);
    } else if (type !== 'any' && !hasType(value, type)) {
      errors.push(`${name} must be of type ${type}, is ${JSON.stringify(value)}`);
    }
  }
  const action = attributes['dlq.action'];
  if (action !== undefined && !deadLetterActions.includes(action)) errors.push(`unknown dlq.action ${String(action)}`);
  return errors;
}

function openFamilyType(name: string): 'string | string[]' | 'any' | undefined {
  if (name.startsWith('messaging.header.')) return 'string | string[]';
  return ownAttributePrefixes.some(prefix => name.startsWith(prefix)) ? 'any' : undefined;
}

function hasType(value: AttributeValue | undefined, type: AttributeType): boolean {
  switch (type) {
    case 'int':
      return Number.isSafeInteger(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'string | string[]':
      return [value].flat().every(item => typeof item === 'string');
    default:
      return typeof value === type;
  }
}

/** The vocabularies whose names these attributes use; several during a migration. */
export function detectVocabularies(attributes: Attributes): Vocabulary[] {
  const has = (...names: string[]) => names.some(name => attributes[name] !== undefined);
  const current = has('messaging.operation.type', 'messaging.operation.name');
  const found: Vocabulary[] = [];
  if (has('messaging.system.name')) found.push('1.45');
  if (has('messaging.operation', 'messaging.destination', 'messaging.destination_kind')) found.push('legacy');
  if (has('messaging.system') && (current || found.length === 0)) found.push('1.44');
  return found.length > 0 ? found : ['1.44'];
}

const GENERATED_DESTINATION = /(^|:)amq\.(gen-|rabbitmq\.reply-to)/;

/** A name that the RabbitMQ server made up. */
export function isGeneratedDestination(name: unknown): boolean {
  return typeof name === 'string' && GENERATED_DESTINATION.test(name);
}
