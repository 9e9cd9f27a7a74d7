import type { Attributes } from '@opentelemetry/api';
import { attributeErrors, detectVocabularies, isGeneratedDestination } from './attribute-conventions';
import {
  attributeName,
  metricRules,
  operationTypes,
  ownMetrics,
  systemOf,
  type MetricRule,
  type Vocabulary,
} from './convention-table';

/** The part of a metric point that the conventions speak about. */
export interface ConventionalPoint {
  readonly unit: string;
  readonly type: string;
  readonly attributes: Attributes;
  readonly boundaries?: readonly number[];
}

const VOCABULARIES: readonly Vocabulary[] = ['1.44', '1.45', 'legacy'];
const CHECKED_METRICS = /^(messaging|kafka|rabbitmq|dlq)\./;

/** One value per message or delivery: an attribute of spans, never of a series. */
const HIGH_CARDINALITY =
  /^(messaging\.header\.|(messaging\.)?kafka\.(message[._]key|offset)|messaging\.(message|conversation)_id|(messaging\.)?rabbitmq\.message\.|messaging\.message\.|messaging\.queue_time_ms|messaging\.delivery_count|dlq\.timestamp)/;

/** What is wrong with a metric point by the conventions. */
export function metricErrors(name: string, point: ConventionalPoint): string[] {
  // Those of our own have too few attributes to tell.
  const vocabularies = name in ownMetrics ? VOCABULARIES : detectVocabularies(point.attributes);
  const errors = [...attributeErrors(point.attributes, vocabularies), ...cardinalityErrors(point.attributes)];
  const type = point.attributes['messaging.operation.type'];
  if (type !== undefined && !operationTypes.includes(String(type)))
    errors.push(`unknown operation type ${String(type)}`);
  const rule = metricRules.find(candidate => candidate.name === name);
  if (rule) return [...errors, ...ruleErrors(rule, point, vocabularies)];
  const own = ownMetrics[name];
  if (!own) return CHECKED_METRICS.test(name) ? [...errors, 'unknown metric'] : errors;
  if (!own.types.includes(point.type)) errors.push(`must be a ${own.types.join(' or ')}, is a ${point.type}`);
  if (point.unit !== own.unit) errors.push(`the unit must be ${own.unit}, is ${point.unit}`);
  return errors;
}

function cardinalityErrors(attributes: Attributes): string[] {
  const errors = Object.keys(attributes)
    .filter(name => HIGH_CARDINALITY.test(name))
    .map(name => `${name} has too many values for a metric`);
  for (const name of ['messaging.destination.name', 'messaging.destination']) {
    if (isGeneratedDestination(attributes[name])) errors.push(`${name} is a generated name`);
  }
  return errors;
}

function ruleErrors(rule: MetricRule, point: ConventionalPoint, vocabularies: readonly Vocabulary[]): string[] {
  const errors: string[] = [];
  if (point.type !== rule.instrument) errors.push(`must be a ${rule.instrument}, is a ${point.type}`);
  if (point.unit !== rule.unit) errors.push(`the unit must be ${rule.unit}, is ${point.unit}`);
  const advised = rule.bucketBoundaries.join();
  if (advised && point.boundaries && point.boundaries.join() !== advised) {
    errors.push(`the bucket boundaries must be ${advised}`);
  }
  const type = point.attributes['messaging.operation.type'];
  if (type !== undefined && !rule.operationTypes.includes(String(type))) {
    errors.push(`messaging.operation.type must be ${rule.operationTypes.join(' or ')}, is ${String(type)}`);
  }
  return [...errors, ...requiredErrors(rule, point.attributes, vocabularies)];
}

function requiredErrors(rule: MetricRule, attributes: Attributes, vocabularies: readonly Vocabulary[]): string[] {
  // The series that sums up what is beyond the cap has lost its attributes.
  if (attributes['otel.metric.overflow'] === true) return [];
  const errors: string[] = [];
  for (const vocabulary of vocabularies.filter(candidate => candidate !== 'legacy')) {
    for (const name of rule.required.map(candidate => attributeName(candidate, vocabulary))) {
      if (attributes[name] === undefined || attributes[name] === '') errors.push(`${name} is missing`);
    }
    const system = attributes[attributeName('messaging.system', vocabulary)];
    if (system !== undefined && !systemOf(system)) errors.push(`unknown system ${String(system)}`);
  }
  return [...new Set(errors)];
}
