import { guarded } from '../guarded';

interface Envelope {
  MessageAttributes?: Record<string, { Type?: string; Value?: unknown } | undefined>;
}

/** What was read from a body: the fields of a context are asked for one by one. */
const envelopes = new WeakMap<object, Envelope | undefined>();

/** A message attribute of an SNS notification that is the body of an SQS message (no raw delivery). */
export function snsAttribute(message: { Body?: string }, name: string): string | undefined {
  if (message.Body === undefined) return undefined;
  if (!envelopes.has(message)) envelopes.set(message, read(message.Body));
  const { Type, Value } = envelopes.get(message)?.MessageAttributes?.[name] ?? {};
  if (typeof Value !== 'string') return undefined;
  return Type === 'Binary' ? Buffer.from(Value, 'base64').toString() : Value;
}

function read(body: unknown): Envelope | undefined {
  if (typeof body !== 'string' || !looksLikeNotification(body)) return undefined;
  return guarded('reading an SNS notification', () => {
    const envelope = JSON.parse(body) as (Envelope & { Type?: unknown }) | null;
    return envelope?.Type === 'Notification' ? envelope : undefined;
  });
}

/** Cheaper than parsing every body. */
function looksLikeNotification(body: string): boolean {
  return body.startsWith('{') && body.includes('"Notification"') && body.includes('"MessageAttributes"');
}
