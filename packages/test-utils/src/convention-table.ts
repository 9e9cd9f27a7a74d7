import table from './conventions.json';

export const VOCABULARIES = ['1.44', '1.45', 'legacy'] as const;
export type Vocabulary = (typeof VOCABULARIES)[number];
export type SystemName = keyof typeof table.systems | 'aws.sns';
export type AttributeType = 'string' | 'int' | 'number' | 'boolean' | 'string | string[]';

/** When an attribute is to be there, and when it must not be: short codes of the prose of the conventions. */
export interface AttributeCondition {
  readonly type: string;
  readonly when?: string;
  readonly absentWhen?: string;
}

interface AttributeLevels {
  readonly required: readonly string[];
  readonly conditionallyRequired?: readonly string[];
  readonly recommended?: readonly string[];
  readonly optIn?: readonly string[];
}

export interface SpanRule extends AttributeLevels {
  readonly kind: string;
  readonly equals: Readonly<Record<string, string>>;
}

export interface MetricRule extends AttributeLevels {
  readonly name: string;
  readonly instrument: string;
  readonly unit: string;
  readonly operationTypes: readonly string[];
  /** Empty where none are advised. */
  readonly bucketBoundaries: readonly number[];
}

/** What queuetrace says where the conventions have no name. */
export const ownAttributes: Readonly<Record<string, AttributeType>> = {
  'messaging.queue_time_ms': 'number',
  'messaging.delivery_count': 'int',
  'messaging.batch.dropped_link_count': 'int',
  'messaging.rabbitmq.redelivered': 'boolean',
  'messaging.rabbitmq.settlement': 'string',
  'messaging.rabbitmq.requeue': 'boolean',
  'messaging.rabbitmq.back_pressure': 'boolean',
  'messaging.kafka.consumer.lag': 'int',
  'messaging.rabbitmq.vhost': 'string',
  'messaging.rabbitmq.reply_to': 'string',
  'messaging.rabbitmq.delivery_mode': 'int',
  'messaging.kafka.transaction.outcome': 'string',
  'messaging.client.event': 'string',
  'messaging.client.retry_count': 'int',
  'messaging.client.memory': 'string',
  'dlq.original_queue': 'string',
  'dlq.retry_count': 'int',
  'dlq.error': 'string',
  'dlq.timestamp': 'string',
  'dlq.action': 'string',
};

/** Families of own attributes whose names are open. */
export const ownAttributePrefixes = ['messaging.header.', 'messaging.aws_sqs.'] as const;

/** What can be done with a dead letter: it is sent to where they go, sent again, or settled for good. */
export const deadLetterActions: readonly unknown[] = ['send', 'retry', 'archive'];

export const linkTypes = ['fan-out-source', 'original-message', 'previous-attempt', 'creation'] as const;

/** Own metrics, and those of the legacy vocabulary. */
export const ownMetrics: Readonly<Record<string, { unit: string; types: readonly string[] }>> = {
  'messaging.queue_time': { unit: 'ms', types: ['histogram'] },
  'messaging.queue_time.skewed': { unit: '{message}', types: ['counter'] },
  'messaging.messages': { unit: '{message}', types: ['counter'] },
  'messaging.processing_time': { unit: 'ms', types: ['histogram'] },
  'messaging.client.inflight.messages': { unit: '{message}', types: ['up_down_counter', 'gauge'] },
  'messaging.client.redelivered.messages': { unit: '{message}', types: ['counter'] },
  'messaging.client.dead_lettered.messages': { unit: '{message}', types: ['counter'] },
  'messaging.client.events': { unit: '{event}', types: ['counter'] },
  'messaging.client.memory.dropped': { unit: '{entry}', types: ['counter'] },
  'messaging.kafka.consumer.lag': { unit: '{message}', types: ['gauge', 'up_down_counter'] },
};

/** Names of before 1.17, allowed beside the others during a migration. */
export const legacyAttributes: Readonly<Record<string, AttributeType>> = {
  'messaging.system': 'string',
  'messaging.destination': 'string',
  'messaging.destination_kind': 'string',
  'messaging.temp_destination': 'boolean',
  'messaging.operation': 'string',
  'messaging.message_id': 'string',
  'messaging.conversation_id': 'string',
  'messaging.message_payload_size_bytes': 'int',
  'messaging.url': 'string',
  'messaging.kafka.partition': 'int',
  'messaging.kafka.offset': 'int',
  'messaging.kafka.consumer_group': 'string',
  'messaging.kafka.client_id': 'string',
  'messaging.kafka.message_key': 'string',
  'messaging.kafka.tombstone': 'boolean',
  'messaging.rabbitmq.routing_key': 'string',
  'messaging.batch_size': 'int',
};

export const metricRules: readonly MetricRule[] = table.metrics;

const attributes: Readonly<Record<string, AttributeCondition>> = table.attributes;
const systems: Readonly<Record<SystemName, Readonly<Record<string, readonly SpanRule[]>>>> = {
  ...table.systems,
  'aws.sns': snsRules(),
};
const attributeRenames: Readonly<Record<string, string>> = table.renamedIn145.attributes;
const valueRenames: Readonly<Record<string, string>> = table.renamedIn145.systemValues;

export const systemNames = Object.keys(systems) as SystemName[];
export const operationTypes = Object.keys(table.systems.kafka);

/** Attribute name of 1.44 in another vocabulary. */
export function attributeName(name: string, vocabulary: Vocabulary): string {
  return vocabulary === '1.45' ? (attributeRenames[name] ?? name) : name;
}

export function systemValue(system: SystemName, vocabulary: Vocabulary): string {
  return vocabulary === '1.45' ? (valueRenames[system] ?? system) : system;
}

export function systemOf(value: unknown): SystemName | undefined {
  return systemNames.find(name => value === name || value === systemValue(name, '1.45'));
}

/** One rule for each kind that a span of the operation type may have; undefined for an unknown type. */
export function spanRules(system: SystemName, operationType: unknown): readonly SpanRule[] | undefined {
  return typeof operationType === 'string' ? systems[system][operationType] : undefined;
}

/** By a name of 1.44. */
export function attributeCondition(name: string): AttributeCondition {
  return attributes[name];
}

/** All attributes of a rule, by names of 1.44. */
export function attributesOf({ required, conditionallyRequired, recommended, optIn }: AttributeLevels): string[] {
  return [required, conditionallyRequired, recommended, optIn].flatMap(names => names ?? []);
}

/** Types by name of all attributes that may occur in the vocabularies. */
export function knownAttributes(vocabularies: readonly Vocabulary[]): Map<string, AttributeType> {
  const known = new Map(Object.entries(ownAttributes));
  for (const vocabulary of vocabularies) {
    if (vocabulary === 'legacy') {
      for (const [name, type] of Object.entries(legacyAttributes)) known.set(name, type);
    } else {
      for (const [name, { type }] of Object.entries(attributes)) {
        known.set(attributeName(name, vocabulary), type as AttributeType);
      }
    }
  }
  return known;
}

/** Attributes that the conventions have, but on no span of this system. */
export function foreignAttributes(system: SystemName, vocabulary: Vocabulary): string[] {
  const ofSystem = new Set(Object.values(systems[system]).flat().flatMap(attributesOf));
  const foreign = Object.keys(attributes).filter(name => !ofSystem.has(name));
  return foreign.map(name => attributeName(name, vocabulary));
}

/** The conventions name the system and have no page of its own for it: what SQS sends, without what is SQS's alone. */
function snsRules(): Record<string, readonly SpanRule[]> {
  const { create, send } = table.systems.aws_sqs;
  const ofSns = (rule: SpanRule): SpanRule => ({
    ...rule,
    equals: { ...rule.equals, 'messaging.system': 'aws.sns' },
    recommended: rule.recommended?.filter(name => name !== 'aws.sqs.queue.url'),
  });
  return { create: create.map(ofSns), send: send.map(ofSns) };
}
