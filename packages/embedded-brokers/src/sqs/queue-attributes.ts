import { invalidParameter, sqsError } from './errors';
import { MAX_MESSAGE_BYTES } from './message';

export type QueueAttributes = Readonly<Record<string, string>>;

const DEFAULTS: QueueAttributes = {
  DelaySeconds: '0',
  MaximumMessageSize: String(MAX_MESSAGE_BYTES),
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'false',
  VisibilityTimeout: '30',
};

const OPTIONAL = [
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoQueue',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'Policy',
  'RedriveAllowPolicy',
  'RedrivePolicy',
];

const SETTABLE = new Set([...Object.keys(DEFAULTS), ...OPTIONAL]);

export function assertKnownAttributes(attributes: QueueAttributes): void {
  const unknown = Object.keys(attributes).find(name => !SETTABLE.has(name));
  if (unknown) throw sqsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`, 'InvalidAttributeName');
}

/** The settings of a new queue. */
export function initialAttributes(name: string, given: QueueAttributes): QueueAttributes {
  assertKnownAttributes(given);
  assertLegalName(name, given.FifoQueue === 'true');
  const fifoDefaults: QueueAttributes = given.FifoQueue === 'true' ? { ContentBasedDeduplication: 'false' } : {};
  return { ...DEFAULTS, ...fifoDefaults, ...given };
}

function assertLegalName(name: string, isFifo: boolean): void {
  const allowed = 'can only include alphanumeric characters, hyphens, or underscores, and be 1 to 80 in length';
  if (!/^[a-zA-Z0-9_-]+(\.fifo)?$/.test(name) || name.length > 80)
    throw invalidParameter(`The name of a queue ${allowed}`);
  if (isFifo !== name.endsWith('.fifo')) {
    throw invalidParameter('The name of a FIFO queue, and of no other, must end with .fifo suffix');
  }
}

/** Creating a queue once more is fine as long as nothing is asked for that it is not. */
export function assertSameAttributes(existing: QueueAttributes, given: QueueAttributes): void {
  const different = Object.keys(given).find(name => given[name] !== existing[name]);
  if (!different) return;
  const message = `A queue already exists with the same name and a different value for attribute ${different}`;
  throw sqsError('QueueNameExists', message, 'QueueAlreadyExists');
}

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

export function redrivePolicy({ RedrivePolicy: text }: QueueAttributes): RedrivePolicy | undefined {
  if (!text) return undefined;
  const policy = parseJson(text);
  const maxReceiveCount = Number(policy.maxReceiveCount);
  if (typeof policy.deadLetterTargetArn === 'string' && maxReceiveCount >= 1) {
    return { deadLetterTargetArn: policy.deadLetterTargetArn, maxReceiveCount };
  }
  throw invalidRedrivePolicy(text, 'Redrive policy is not a valid JSON map.');
}

export function invalidRedrivePolicy(text: string, reason: string) {
  return invalidParameter(`Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`);
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRedrivePolicy(text, 'Redrive policy is not a valid JSON map.');
  }
}
