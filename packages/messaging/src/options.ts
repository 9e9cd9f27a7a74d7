import picomatch from 'picomatch';
import { isObject } from './is-object';
import { VOCABULARIES, type Vocabulary } from './semconv';

/** How one kind of option is read, whatever its source. */
export interface OptionKind<Value> {
  /** For the one line that a wrong value gets. */
  allowed: string;
  /** The only values that a text can mean, where they are few: for the nearest to a wrong one. */
  words?: readonly string[];
  /** JSON schema of the value in a configuration file. */
  schema: object;
  /** What an environment variable's text means; undefined where it means nothing. */
  parse(text: string): Value | undefined;
  accepts(value: unknown): value is Value;
}

/** One configuration option: the types, the names, the validation and the README's tables all come from here. */
export interface Option<Value> extends OptionKind<Value> {
  /** Behind `OTEL_INSTRUMENTATION_<KAFKAJS|AMQPLIB|SQS|MESSAGING>_`. */
  suffix: string;
  default: Value;
  meaning: string;
  /** The clients that it means something for, by their short names; all where there are none. */
  clients?: readonly string[];
}

/** Of all variables with options for an instrumentation. */
export const ENV_PREFIX = 'OTEL_INSTRUMENTATION_';

export type Pattern = string | RegExp;
export type IncomingTrust = (typeof TRUST)[number];
const TRUST = ['parent', 'link', 'ignore'] as const;

export const flag: OptionKind<boolean> = {
  allowed: 'true or false',
  words: ['true', 'false'],
  schema: { type: 'boolean' },
  parse: text => [true, false].find(value => String(value) === text.toLowerCase()),
  accepts: value => typeof value === 'boolean',
};

export const wholeNumber: OptionKind<number> = {
  allowed: 'a whole number, 0 or more',
  schema: { type: 'integer', minimum: 0 },
  parse: text => (/^\d+$/.test(text) ? Number(text) : undefined),
  accepts: (value): value is number => Number.isInteger(value) && (value as number) >= 0,
};

function oneOf<const Value extends string>(...values: readonly Value[]): OptionKind<Value> {
  return {
    allowed: `one of ${values.join(', ')}`,
    words: values,
    schema: { enum: values },
    parse: text => values.find(value => value === text.toLowerCase()),
    accepts: (value): value is Value => values.includes(value as Value),
  };
}

function listOf<const Value extends string>(...values: readonly Value[]): OptionKind<readonly Value[]> {
  const accepts = (list: unknown): list is readonly Value[] =>
    Array.isArray(list) && list.length > 0 && list.every(item => values.includes(item));
  return {
    allowed: `a list of ${values.join(', ')}`,
    words: values,
    schema: { type: 'array', items: { enum: values }, minItems: 1 },
    parse: text => [splitList(text) as unknown].find(accepts),
    accepts,
  };
}

export const patterns: OptionKind<readonly Pattern[]> = {
  allowed: 'a list of globs (in code also RegExp)',
  schema: { type: 'array', items: { type: 'string', minLength: 1 } },
  parse: splitList,
  accepts: (value): value is Pattern[] =>
    Array.isArray(value) && value.every(item => (typeof item === 'string' && item !== '') || item instanceof RegExp),
};

const trust: OptionKind<IncomingTrust | Readonly<Record<string, IncomingTrust>>> = {
  allowed: `one of ${TRUST.join(', ')}, or in code and in a file an object of { glob: value }`,
  words: TRUST,
  schema: { anyOf: [{ enum: TRUST }, { type: 'object', additionalProperties: { enum: TRUST } }] },
  parse: oneOf(...TRUST).parse,
  accepts: (value): value is IncomingTrust | Record<string, IncomingTrust> =>
    oneOf(...TRUST).accepts(value) ||
    (isObject(value) && !Array.isArray(value) && Object.values(value).every(oneOf(...TRUST).accepts)),
};

function option<Value>(
  kind: OptionKind<Value>,
  suffix: string,
  byDefault: Value,
  meaning: string,
  clients?: readonly string[],
): Option<Value> {
  return { ...kind, suffix, default: byDefault, meaning, clients };
}

export const OPTIONS = {
  enabled: option(flag, 'ENABLED', true, 'This client at all.'),
  semconv: option<readonly Vocabulary[]>(
    listOf(...VOCABULARIES),
    'SEMCONV',
    ['1.44'],
    'The vocabularies to emit; where two share a name, the first wins. OTEL_SEMCONV_STABILITY_OPT_IN: `messaging` = 1.45, `messaging/dup` = 1.45, 1.44 and legacy.',
  ),
  ignoreDestinations: option<readonly Pattern[]>(
    patterns,
    'IGNORE_DESTINATIONS',
    [],
    'Destinations with no span, no metric and no injection.',
  ),
  producerPropagation: option(flag, 'PRODUCER_PROPAGATION_ENABLED', true, 'Whether messages carry the trace context.'),
  producerSpans: option(
    oneOf('call', 'message'),
    'PRODUCER_SPANS',
    'call',
    'One send span a call, or beside it one create span a message.',
  ),
  consumerParent: option(
    oneOf('message', 'ambient'),
    'CONSUMER_PARENT',
    'message',
    "Whether a single message's process span is the child of the message's context or only linked to it.",
  ),
  trustIncomingContext: option<IncomingTrust | Readonly<Record<string, IncomingTrust>>>(
    trust,
    'TRUST_INCOMING_CONTEXT',
    'parent',
    "What a message's trace context may be: the parent, only a link, or nothing; one value, or one by destination.",
  ),
  receiveSpans: option(flag, 'RECEIVE_SPANS', true, 'Spans of pull operations (empty polls never have one).'),
  settleSpans: option(
    oneOf('none', 'requests', 'all'),
    'SETTLE_SPANS',
    'requests',
    'Spans of settlements: none, those that are network requests of their own, or all (RabbitMQ acks too).',
  ),
  loopSpans: option(flag, 'LOOP_SPANS', true, "A process span a message in the app's own loop over a batch."),
  maxLinks: option(wholeNumber, 'MAX_LINKS', 128, 'Links a span; what does not fit is counted on the span.'),
  headersIncluded: option<readonly Pattern[]>(
    patterns,
    'HEADERS_INCLUDED',
    [],
    'Headers recorded as `messaging.header.<name>`.',
  ),
  headersExcluded: option<readonly Pattern[]>(patterns, 'HEADERS_EXCLUDED', [], 'Headers not recorded even so.'),
  messageKey: option(
    flag,
    'MESSAGE_KEY',
    true,
    "Kafka: record the message's key; SQS: record its group id. Either can be personal data.",
    ['kafkajs', 'sqs'],
  ),
  bodySize: option(flag, 'BODY_SIZE', false, 'Record the size of message bodies, in bytes.'),
  deadLetter: option<readonly Pattern[]>(
    patterns,
    'DEAD_LETTER_DESTINATIONS',
    ['?(*[-._:])@(dlq|dlt)?(.fifo)', '*dead-letter*', '*deadletter*', '*_error?(.fifo)'],
    'Which destinations are for dead letters, beyond what the broker itself says.',
  ),
  retry: option<readonly Pattern[]>(
    patterns,
    'RETRY_DESTINATIONS',
    ['?(*[-._:])@(retry|retries|delay|delayed)?([-._:]*)'],
    'Which destinations are for messages that wait to be tried again: what is published again to one, or from one, is the next attempt at the same message.',
  ),
  maxRememberedDeliveries: option(
    wholeNumber,
    'MAX_REMEMBERED_DELIVERIES',
    10_000,
    'Attempts remembered in this process, for the links between the attempts at a message.',
  ),
  errorStatus: option(
    oneOf('always', 'last-attempt'),
    'ERROR_STATUS',
    'always',
    'Whether a failure marks its span as an error always, or only where the message is known not to come again.',
  ),
  sentAt: option(flag, 'SENT_AT', true, 'RabbitMQ: write the header `x-queuetrace-sent-at`, for the queue time.', [
    'amqplib',
  ]),
  consumeTimeoutMs: option(
    wholeNumber,
    'CONSUME_TIMEOUT_MS',
    1_800_000,
    "RabbitMQ: after this time an unsettled delivery's span ends, in milliseconds.",
    ['amqplib'],
  ),
  processTimeoutMs: option(
    wholeNumber,
    'PROCESS_TIMEOUT_MS',
    30_000,
    'SQS: after this time an unfinished loop span ends, where the visibility timeout is not known, in milliseconds.',
    ['sqs'],
  ),
  sqsCarrier: option(
    oneOf('attributes', 'aws-trace-header', 'both'),
    'CARRIER',
    'attributes',
    'SQS: where a message carries its context. `attributes` falls back on the system attribute `AWSTraceHeader` where there is no room, and writes it too where the X-Ray propagator is configured.',
    ['sqs'],
  ),
  maxDestinations: option(
    wholeNumber,
    'MAX_DESTINATIONS',
    1000,
    'Series an instrument; the rest is summed as overflow.',
  ),
  metrics: option(flag, 'METRICS', true, "This client's metrics."),
};

/** The line for an option that was set for one client and means nothing there; undefined where it does. */
export function noEffect(where: string, client: string, { clients }: Option<unknown>): string | undefined {
  if (!clients || clients.includes(client)) return undefined;
  return `${where} has no effect: it is an option of ${clients.join(' and ')}.`;
}

type ValueOf<One> = One extends Option<infer Value> ? Value : never;
/** Every option with its value. */
export type OptionValues = { [Key in keyof typeof OPTIONS]: ValueOf<(typeof OPTIONS)[Key]> };

/** What an option is called in a configuration file. */
export function yamlName(key: string): string {
  return key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

export function splitList(text: string): string[] {
  return text
    .split(',')
    .map(item => item.trim())
    .filter(Boolean);
}

const MAX_REMEMBERED_NAMES = 1000;
/** A header's name can be as long as a message. */
const MAX_REMEMBERED_LENGTH = 256;

/** One test for a list of globs and RegExps, compiled when it is first asked; what it said of a name is remembered. */
export function matcher(list: readonly Pattern[]): (name: string) => boolean {
  if (list.length === 0) return () => false;
  let matches: ((name: string) => boolean) | undefined;
  const known = new Map<string, boolean>();
  return name => {
    let isMatch = known.get(name);
    if (isMatch !== undefined) return isMatch;
    matches ??= compiled(list);
    isMatch = matches(name);
    if (known.size < MAX_REMEMBERED_NAMES && name.length <= MAX_REMEMBERED_LENGTH) known.set(name, isMatch);
    return isMatch;
  };
}

function compiled(list: readonly Pattern[]): (name: string) => boolean {
  // `bash`: a star also crosses a slash; names of queues and headers are not paths.
  const tests = list.map(one =>
    typeof one === 'string'
      ? picomatch(one, { bash: true, nocase: true, dot: true })
      : (name: string) => name.search(one) >= 0,
  );
  return name => tests.some(test => test(name));
}
