import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { inspect, types } from 'node:util';

const LONG = 2_000;

/** What differs from run to run whoever looks: identifiers, times, ports. */
const RANDOM: readonly [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<uuid>'],
  [/WyJ[\w+/]+={0,2}/g, '<receipt handle>'],
  // The server quotes what it cannot read, and ours may be in it.
  [/Unexpected token [^`"]*("?[^`]*)?is not valid JSON/g, '<no JSON>'],
  [/127\.0\.0\.1:\d+/g, '<broker>'],
  [/(retryTime|port): \d+/g, '$1: <number>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?/g, '<time>'],
  [/\b1[6-9]\d{8}(\d{3})?(\.\d+)?\b/g, '<time>'],
];

/** What we add to a message is in it wherever it is seen again. */
const OURS = String.raw`'?(?:traceparent|tracestate|baggage|AWSTraceHeader|x-queuetrace-[a-z-]+)'?: `;
const VALUE = String.raw`(?:'[^']*'|<time>|<Buffer [^>]*>|\{ (?:StringValue|DataType): [^}]*\})`;
const OUR_FIELDS = new RegExp(`, ${OURS}${VALUE}|${OURS}${VALUE},? ?`, 'g');

export function withoutRandom(text: string): string {
  const replaced = RANDOM.reduce((before, [pattern, name]) => before.replace(pattern, name), text);
  // A wrapper is no async function, but gives back the promise of one.
  return replaced
    .replaceAll('[AsyncFunction', '[Function')
    .replace(OUR_FIELDS, '')
    .replace(/\{ +\}/g, '{}');
}

/** All that an app could see in a value, without calling its getters or the traps of its proxies. */
export function valueText(value: unknown): string {
  if (isError(value)) return errorText(value);
  if (isActor(value)) return `a ${value.constructor.name}`;
  // Of a command its input: the rest is the SDK's, and large.
  if (isCommand(value)) return `${value.constructor.name} of ${valueText(value.input)}${frozenness(value)}`;
  const text = inspect(value, {
    depth: 8,
    showProxy: true,
    maxArrayLength: 50,
    maxStringLength: LONG,
    breakLength: Infinity,
    compact: true,
  });
  return shortened(withoutRandom(`${text}${frozenness(value)}${hiddenText(value)}`));
}

function isCommand(value: unknown): value is { input: unknown } {
  const isThere = typeof value === 'object' && value !== null && !types.isProxy(value);
  return isThere && Object.hasOwn(value, 'middlewareStack') && Object.hasOwn(value, 'input');
}

/** The insides of kafkajs. */
const INSIDES = new Set(['Cluster', 'Broker']);

/** A client, a channel: what is inside of them is nobody's business. */
function isActor(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false;
  if (INSIDES.has(value.constructor?.name)) return true;
  return value instanceof EventEmitter || (Object.hasOwn(value, 'middlewareStack') && Object.hasOwn(value, 'config'));
}

/** A large one is told by its digest. */
export function shortened(text: string): string {
  if (text.length <= LONG) return text;
  const digest = createHash('sha1').update(text).digest('hex').slice(0, 12);
  return `${text.slice(0, 200)}… ${text.length} characters, ${digest}`;
}

/** Those of amqplib are not native. */
const isError = (value: unknown): value is Error => !types.isProxy(value) && value instanceof Error;

/** The class, the message and what else is on an error, but for the stack, where our frames are, and what is hidden. */
function errorText(error: Error): string {
  const type = (Object.getPrototypeOf(error) as { constructor?: { name?: string } } | null)?.constructor?.name;
  const own = Object.entries(Object.getOwnPropertyDescriptors(error))
    .filter(([name, { enumerable }]) => !/^stack/.test(name) && (enumerable || name === 'message' || name === 'cause'))
    .map(([name, { value }]) => `${name}: ${valueText(value)}`);
  return shortened(withoutRandom(`${type}(${error.name}) {${own.join(', ')}}`));
}

/** The array of received messages is a copy of ours, whose loops are seen: the one thing that is added to what an app gets. */
const OF_ARRAYS = new Set(['length', 'forEach', 'map']);

/** What is not enumerable, on an object and on what is in it. */
function hiddenText(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null || types.isProxy(value) || ArrayBuffer.isView(value)) return '';
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(value));
  if (depth > 3 || descriptors.length > 100) return '';
  return descriptors
    .map(([key, { enumerable, value: inside }]) =>
      enumerable ? hiddenText(inside, depth + 1) : OF_ARRAYS.has(key) ? '' : ` (hidden ${key})`,
    )
    .join('');
}

function frozenness(value: unknown): string {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return '';
  return Object.isFrozen(value) ? ' (frozen)' : Object.isSealed(value) ? ' (sealed)' : '';
}
