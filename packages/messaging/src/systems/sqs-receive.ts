import { replaced } from '../replaced';
import { STORY_FIELD } from '../told-story';
import { globalPropagator } from '../global-propagator';
import { guarded } from '../guarded';
import { markReceived, sqs, type SqsMessage } from './aws-sqs';
import { XRAY_FIELD, XRAY_HEADER } from './aws-trace-header';
import { md5OfAttributes, type SqsAttributes } from './sqs-attributes';

/** The part of a ReceiveMessage request that says what comes with the messages. */
export interface SqsReceiveRequest {
  MessageAttributeNames?: string[];
  MessageSystemAttributeNames?: string[];
  /** The older name of `MessageSystemAttributeNames`. */
  AttributeNames?: string[];
}

/** A message, and what of it the app gets. */
export interface SqsReceivedMessage extends SqsMessage {
  ReceiptHandle?: string;
  MD5OfMessageAttributes?: string;
}

const NEEDED_SYSTEM_ATTRIBUTES = [
  'SentTimestamp',
  'ApproximateReceiveCount',
  'AWSTraceHeader',
  'DeadLetterQueueSourceArn',
  'MessageGroupId',
  'MessageDeduplicationId',
];

/** One ReceiveMessage: asks for what is needed, and knows what of the answer the app has not asked for. */
export class SqsReceive<Request extends SqsReceiveRequest> {
  private readonly _fields = contextAttributes();
  private readonly _addedNames: readonly string[] = [];
  private readonly _addedSystemNames: readonly string[] = [];
  /** What the app gets to see, and may send on. */
  private readonly _askedFields: readonly string[] = this._fields;

  /**
   * @param request a copy of the app's, to which names are added
   * @param systemNamesKey the spelling that this version of the SDK sends, where the app uses neither
   */
  constructor(
    readonly request: Request,
    systemNamesKey: 'MessageSystemAttributeNames' | 'AttributeNames' = 'MessageSystemAttributeNames',
  ) {
    const { MessageAttributeNames: names, MessageSystemAttributeNames: systemNames } = request;
    const { AttributeNames: oldNames } = request;
    // Anything but lists is for the SDK to complain of.
    if (!isList(names) || !isList(systemNames) || !isList(oldNames)) return;
    // Most apps ask for none.
    this._askedFields = names?.length ? this._fields.filter(field => names.some(one => isAskedBy(one, field))) : NONE;
    this._addedNames = except(this._fields, this._askedFields);
    if (this._addedNames.length > 0) request.MessageAttributeNames = joined(names, this._addedNames);
    if (systemNames?.includes('All') || oldNames?.includes('All')) return;
    this._addedSystemNames = except(except(NEEDED_SYSTEM_ATTRIBUTES, systemNames ?? NONE), oldNames ?? NONE);
    if (this._addedSystemNames.length === 0) return;
    const key = systemNames ? 'MessageSystemAttributeNames' : oldNames ? 'AttributeNames' : systemNamesKey;
    request[key] = joined(request[key], this._addedSystemNames);
  }

  /** What is kept of a message after the app has it: its context, its id, where it comes from, and no body. */
  carrierOf(message: SqsMessage): SqsMessage {
    const MessageAttributes: SqsAttributes = {};
    for (const field of this._fields) {
      const StringValue = sqs.getter.get(message, field);
      if (typeof StringValue === 'string') MessageAttributes[field] = { DataType: 'String', StringValue };
    }
    const DeadLetterQueueSourceArn = message.Attributes?.DeadLetterQueueSourceArn;
    const Attributes = DeadLetterQueueSourceArn ? { DeadLetterQueueSourceArn } : undefined;
    return { MessageId: message.MessageId, Attributes, MessageAttributes };
  }

  /** The message as the app would have got it without us; what was not asked for and is empty now is not there. */
  asAsked<M extends SqsReceivedMessage>(message: M): M {
    if (this._askedFields.length > 0) markReceived(message, this._askedFields);
    const { MessageAttributes: given, Attributes: givenSystem, MD5OfMessageAttributes: sum } = message;
    const attributes = without(given, this._addedNames);
    const system = without(givenSystem, this._addedSystemNames);
    if (attributes === given && system === givenSystem) return message;
    // The service's sum is over what it gives.
    const askedSum = attributes === given ? sum : sum && guarded('summing up', () => md5OfAttributes(attributes));
    return replaced(message, { MessageAttributes: attributes, Attributes: system, MD5OfMessageAttributes: askedSum });
  }
}

const NONE: readonly string[] = [];
const isList = (list: unknown) => list == null || Array.isArray(list);
const joined = (asked: readonly string[] | undefined, added: readonly string[]) =>
  asked?.length ? [...asked, ...added] : added.slice();
const except = (names: readonly string[], excluded: readonly string[]) =>
  excluded.length > 0 ? names.filter(name => !excluded.includes(name)) : names;

let known: { fields: readonly string[]; attributes: readonly string[] } | undefined;

/** SQS gives attributes by exact case: the one of X-Ray is asked for in both. */
function contextAttributes(): readonly string[] {
  const { fields } = globalPropagator();
  if (known?.fields !== fields) {
    known = { fields, attributes: [...fields, ...(fields.includes(XRAY_FIELD) ? [XRAY_HEADER] : []), STORY_FIELD] };
  }
  return known.attributes;
}

/** `All` and `.*` stand for every attribute, `name.*` for those that begin with the name. */
function isAskedBy(pattern: unknown, name: string): boolean {
  if (typeof pattern !== 'string') return false;
  if (pattern === 'All' || pattern === name) return true;
  return pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -2));
}

/** The record itself where none of the names is in it, undefined where nothing is left. */
function without<T extends object>(record: T | undefined, names: readonly string[]): T | undefined {
  if (!record) return record;
  const all = Object.keys(record);
  const left = except(all, names);
  if (left.length === all.length) return record;
  return left.length > 0 ? (Object.fromEntries(left.map(name => [name, record[name as keyof T]])) as T) : undefined;
}
