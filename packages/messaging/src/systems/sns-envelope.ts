import { guarded } from '../guarded';
import { hiddenField } from '../hidden-field';
import { isObject } from '../is-object';
import { ownKey } from './own-key';

interface Envelope {
  MessageAttributes?: Record<string, { Type?: string; Value?: unknown } | undefined>;
}

/** What was read from a body, null for nothing: the fields of a context are asked for one by one. */
const envelopes = hiddenField<Envelope | null>();

/** A message attribute of an SNS notification that is the body of an SQS message (no raw delivery). */
export function snsAttribute(message: { Body?: string }, name: string): string | undefined {
  const attributes = attributesIn(message);
  if (!attributes) return undefined;
  const key = ownKey(attributes, name);
  const { Type, Value } = (key !== undefined && attributes[key]) || {};
  if (typeof Value !== 'string') return undefined;
  return Type === 'Binary' ? Buffer.from(Value, 'base64').toString() : Value;
}

export function snsAttributeNames(message: { Body?: string }): string[] {
  return Object.keys(attributesIn(message) ?? {});
}

function attributesIn(message: { Body?: string }): Envelope['MessageAttributes'] {
  const { Body } = message;
  if (typeof Body !== 'string' || !Body.startsWith('{')) return undefined;
  let envelope = envelopes.get(message);
  if (envelope === undefined) envelopes.set(message, (envelope = read(Body) ?? null));
  const attributes = envelope?.MessageAttributes;
  return isObject(attributes) ? attributes : undefined;
}

function read(body: string): Envelope | undefined {
  // Cheaper than parsing every body.
  if (!body.includes('"Notification"') || !body.includes('"MessageAttributes"')) return undefined;
  return guarded('reading an SNS notification', () => {
    const envelope = JSON.parse(body) as (Envelope & { Type?: unknown }) | null;
    return envelope?.Type === 'Notification' ? envelope : undefined;
  });
}
