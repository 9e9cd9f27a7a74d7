import { nearest } from '../nearest';

/** What we use of JSON schema; the file is made from the package that validates, by bundle.cjs. */
interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- a name that only the bundle knows.
const SCHEMA = require('configuration-schema') as Schema;
/** Read by the specification's rules, but by no name of the schema. */
const FILE_FORMAT = 'file_format';

/** One line each: where, what, what is allowed, and the nearest match. The validator itself tells but the first. */
export function mistakesAgainstSchema(value: unknown): string[] {
  if (!isObject(value)) return [`is empty; it must at least say ${FILE_FORMAT}: "1.0".`];
  return [...formatMistakes(value[FILE_FORMAT]), ...mistakes(value, SCHEMA, '').filter(line => !isFormat(line))];
}

/** At the top the schema lets everything pass: whoever misspells a provider would have none. */
export function unknownSections(model: object): string[] {
  const known = Object.keys(SCHEMA.properties ?? {});
  return Object.keys(model)
    .filter(key => !known.includes(key))
    .map(key => `${unknownName(key, '', known)} It is ignored.`);
}

const isFormat = (line: string) => line.startsWith(FILE_FORMAT);

function formatMistakes(format: unknown): string[] {
  if (typeof format === 'string' && /^1\.\d/.test(format)) return [];
  return [`${FILE_FORMAT} is ${shown(format)}; allowed: "1.0" or "1.1", with the quotation marks.`];
}

function mistakes(value: unknown, reference: Schema, path: string): string[] {
  const schema = resolved(reference);
  // What stands in the environment is not looked at here.
  if (typeof value === 'string' && value.includes('${')) return [];
  if (schema.enum && !schema.enum.includes(value)) return [wrong(value, path, enumHint(value, schema.enum))];
  if (schema.type && !hasType(value, schema.type)) return [wrong(value, path, [schema.type].flat().join(' or '))];
  if (Array.isArray(value)) return itemMistakes(value, schema, path);
  if (isObject(value)) return propertyMistakes(value, schema, path);
  const { minimum = -Infinity, maximum = Infinity } = schema;
  const isInRange = typeof value !== 'number' || (value >= minimum && value <= maximum);
  const range = maximum === Infinity ? `${minimum} or more` : `${minimum} to ${maximum}`;
  return isInRange ? [] : [wrong(value, path, range)];
}

function itemMistakes(value: readonly unknown[], { items = {}, minItems = 0 }: Schema, path: string): string[] {
  if (value.length < minItems) return [wrong(value, path, `a list of at least ${minItems}`)];
  return value.flatMap((item, index) => mistakes(item, items, `${path}[${index}]`));
}

function propertyMistakes(value: Readonly<Record<string, unknown>>, schema: Schema, path: string): string[] {
  const { properties = {}, required = [], additionalProperties: others = true } = schema;
  const missing = required.filter(key => !(key in value));
  const lines = Object.entries(value).flatMap(([key, inner]) => {
    if (Object.hasOwn(properties, key)) return mistakes(inner, properties[key], join(path, key));
    if (others === false) return [unknownName(key, path, Object.keys(properties))];
    return typeof others === 'object' ? mistakes(inner, others, join(path, key)) : [];
  });
  return [...lines, ...missing.map(key => `${join(path, key)} is missing.`)];
}

function resolved(schema: Schema): Schema {
  const name = schema.$ref?.replace('#/$defs/', '');
  return name ? resolved(SCHEMA.$defs?.[name] ?? {}) : schema;
}

function hasType(value: unknown, type: string | readonly string[]): boolean {
  return [type].flat().some(one => {
    if (one === 'null') return value === null;
    if (one === 'integer') return Number.isInteger(value);
    if (one === 'array') return Array.isArray(value);
    return one === 'object' ? isObject(value) : typeof value === one;
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(value: unknown, path: string, allowed: string): string {
  return `${path} is ${shown(value)}; allowed: ${allowed}.`;
}

function enumHint(value: unknown, values: readonly unknown[]): string {
  const names = values.filter(one => typeof one === 'string');
  const near = nearest(String(value), names);
  return names.join(', ') + (near ? ` (did you mean ${near}?)` : '');
}

function unknownName(key: string, path: string, known: readonly string[]): string {
  const near = nearest(key, known);
  const hint = near ? `did you mean ${near}?` : `allowed: ${known.join(', ')}.`;
  return `${join(path, key)}: there is no ${key}; ${hint}`;
}

/** Where a value is a string it may be a credential. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  return typeof value === 'string' ? `"${value.slice(0, 20)}"` : JSON.stringify(value).slice(0, 100);
}

function join(path: string, key: string): string {
  return path ? `${path}.${key}` : key;
}
