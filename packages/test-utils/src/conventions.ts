import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { attributeErrors, detectVocabularies, isGeneratedDestination } from './attribute-conventions';
import {
  attributeCondition,
  attributeName,
  attributesOf,
  foreignAttributes,
  legacyAttributes,
  linkTypes,
  spanRules,
  systemOf,
  systemValue,
  VOCABULARIES,
  type SpanRule,
  type SystemName,
  type Vocabulary,
} from './convention-table';

/** What is wrong with a span by the conventions; the vocabularies are told by its attributes unless one is given. */
export function conventionErrors(span: ReadableSpan, vocabulary?: Vocabulary): string[] {
  const { attributes } = span;
  // An INTERNAL span around several operations, a transaction for instance, is no messaging span.
  if (!isMessagingSpan(attributes) && !vocabulary) return attributeErrors(attributes, VOCABULARIES);
  const vocabularies = vocabulary ? [vocabulary] : detectVocabularies(attributes);
  const errors = [...attributeErrors(attributes, vocabularies), ...linkErrors(span, vocabularies)];
  errors.push(...statusErrors(span));
  const current = vocabularies.filter(name => name !== 'legacy');
  if (current.length === 0) return [...errors, ...legacyErrors(span)];
  errors.push(...nameErrors(span), ...creationLinkErrors(span));
  const perVocabulary = current.flatMap(name => operationErrors(span, name, vocabularies));
  return [...new Set([...errors, ...perVocabulary])];
}

function isMessagingSpan(attributes: Attributes): boolean {
  return ['messaging.operation.type', 'messaging.system', 'messaging.system.name'].some(
    name => attributes[name] !== undefined,
  );
}

function statusErrors({ status, attributes }: ReadableSpan): string[] {
  const errors: string[] = [];
  if (status.code === SpanStatusCode.OK) errors.push('status OK: an instrumentation leaves it unset');
  const failed = status.code === SpanStatusCode.ERROR;
  const hasErrorType = attributes['error.type'] !== undefined;
  if (failed && !hasErrorType) errors.push('status ERROR without error.type');
  if (!failed && hasErrorType) errors.push('error.type without status ERROR');
  return errors;
}

function linkErrors({ links }: ReadableSpan, vocabularies: readonly Vocabulary[]): string[] {
  return links.flatMap(({ attributes = {} }) => {
    const errors = attributeErrors(attributes, vocabularies).map(error => `link: ${error}`);
    const type = attributes['link.type'];
    const known: readonly unknown[] = linkTypes;
    return type === undefined || known.includes(type) ? errors : [...errors, `link: unknown link.type ${String(type)}`];
  });
}

function nameErrors({ name, attributes }: ReadableSpan): string[] {
  const operation = String(attributes['messaging.operation.name'] ?? '');
  const destination = nameDestination(attributes);
  const allowed = destination === undefined ? [operation] : [`${operation} ${destination}`];
  if (attributes['messaging.destination.name'] === undefined && attributes['server.address'] !== undefined) {
    allowed.push(`${operation} ${attributes['server.address']}:${attributes['server.port']}`);
  }
  return allowed.includes(name) ? [] : [`the span name must be "${allowed.join('" or "')}", is "${name}"`];
}

/** Only what has low cardinality gets into a name. */
function nameDestination(attributes: Attributes): unknown {
  const template = attributes['messaging.destination.template'];
  if (template !== undefined) return template;
  const name = attributes['messaging.destination.name'];
  const generated =
    attributes['messaging.destination.temporary'] === true ||
    attributes['messaging.destination.anonymous'] === true ||
    isGeneratedDestination(name);
  return generated || name === '' ? undefined : name;
}

/** A message's context is linked also where it is the parent. */
function creationLinkErrors({ kind, parentSpanContext, links, attributes }: ReadableSpan): string[] {
  if (kind !== SpanKind.CONSUMER || !parentSpanContext?.isRemote) return [];
  // More messages than links may be had.
  if (attributes['messaging.batch.dropped_link_count'] !== undefined) return [];
  const linked = links.some(link => link.context.spanId === parentSpanContext.spanId);
  return linked ? [] : ['the remote parent, a creation context, is not linked'];
}

function operationErrors(span: ReadableSpan, vocabulary: Vocabulary, all: readonly Vocabulary[]): string[] {
  const { attributes, kind } = span;
  const systemAttribute = attributeName('messaging.system', vocabulary);
  const system = systemOf(attributes[systemAttribute]);
  if (!system) return [`${systemAttribute} must be a known system, is ${String(attributes[systemAttribute])}`];
  const type = attributes['messaging.operation.type'];
  const rules = spanRules(system, type);
  if (!rules) return [`messaging.operation.type must be a known type, is ${String(type)}`];
  const rule = rules.find(candidate => candidate.kind === SpanKind[kind]);
  const kinds = rules.map(candidate => candidate.kind).join(' or ');
  if (!rule) return [`the kind of a ${String(type)} span must be ${kinds}, is ${SpanKind[kind]}`];
  return [...ruleErrors(rule, attributes, system, vocabulary), ...foreignErrors(attributes, system, vocabulary, all)];
}

function ruleErrors(rule: SpanRule, attributes: Attributes, system: SystemName, vocabulary: Vocabulary): string[] {
  const errors: string[] = [];
  for (const [conventionName, value] of Object.entries(rule.equals)) {
    const name = attributeName(conventionName, vocabulary);
    const expected = conventionName === 'messaging.system' ? systemValue(system, vocabulary) : value;
    if (attributes[name] !== expected) errors.push(`${name} must be ${expected}`);
  }
  for (const conventionName of attributesOf(rule)) {
    const name = attributeName(conventionName, vocabulary);
    if (attributes[name] !== undefined) errors.push(...valueErrors(name, conventionName, attributes));
    else if (isRequired(conventionName, rule, attributes)) errors.push(`${name} is missing`);
  }
  return errors;
}

function isRequired(name: string, rule: SpanRule, attributes: Attributes): boolean {
  if (rule.required.includes(name)) return true;
  // The other conditions ask for what only the client knows.
  if (!rule.conditionallyRequired?.includes(name) || attributeCondition(name).when !== 'applicable') return false;
  // A consumer that assigned itself its partitions has no group: it polls all the same.
  return name !== 'messaging.consumer.group.name' || attributes['messaging.operation.type'] !== 'receive';
}

function valueErrors(name: string, conventionName: string, attributes: Attributes): string[] {
  const { when } = attributeCondition(conventionName);
  if (when === 'true_only' && attributes[name] !== true) return [`${name} is only set when it is true`];
  // A key may be empty: only one that is null must be left out (semantic-conventions, kafka.md).
  if (attributes[name] === '' && conventionName !== 'messaging.kafka.message.key') return [`${name} is empty`];
  if (when === 'peer_address_set' && attributes['network.peer.address'] === undefined) {
    return [`${name} without network.peer.address`];
  }
  return [];
}

/** Attributes that the conventions know, but not for this system. */
function foreignErrors(
  attributes: Attributes,
  system: SystemName,
  vocabulary: Vocabulary,
  all: readonly Vocabulary[],
): string[] {
  return foreignAttributes(system, vocabulary)
    .filter(name => attributes[name] !== undefined)
    .filter(name => !all.includes('legacy') || !(name in legacyAttributes))
    .map(name => `${name} does not belong to a ${system} span`);
}

const legacyKinds: Readonly<Record<string, readonly SpanKind[]>> = {
  publish: [SpanKind.PRODUCER, SpanKind.CLIENT],
  send: [SpanKind.PRODUCER, SpanKind.CLIENT],
  create: [SpanKind.PRODUCER],
  receive: [SpanKind.CLIENT, SpanKind.CONSUMER],
  process: [SpanKind.CONSUMER],
  settle: [SpanKind.CLIENT],
};

/** The old conventions alone say little about a span: its system, its operation, its kind. */
function legacyErrors({ kind, attributes }: ReadableSpan): string[] {
  const errors: string[] = [];
  for (const name of ['messaging.system', 'messaging.operation']) {
    if (attributes[name] === undefined) errors.push(`${name} is missing`);
  }
  const kinds = legacyKinds[String(attributes['messaging.operation'])];
  if (kinds && !kinds.includes(kind)) errors.push(`a legacy span must not be of kind ${SpanKind[kind]}`);
  return errors;
}
