import {
  OPTIONS,
  report,
  yamlName,
  type ConfigurationFile,
  type Environment,
  type Option,
} from '@queuetrace/messaging';
import type { ConfigurationModel } from '@opentelemetry/configuration';
import { CLIENT_ALIASES, CLIENT_NAMES, CLIENT_PACKAGES } from '../clients';
import { nearest } from '../nearest';

type Section = Readonly<Record<string, unknown>>;
/** What the rest of the file calls our options by. */
const OPTION_KEYS: ReadonlyMap<string, keyof typeof OPTIONS> = new Map(
  (Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]).map(key => [yamlName(key), key]),
);
const OWNERS = [...CLIENT_NAMES, 'messaging'];
const PATH = 'instrumentation/development.js';

/**
 * Our options in `instrumentation/development.js`: an object a client, by its short name or its package's, and `messaging`
 * for all clients. A mistake is told in one line and passed over.
 */
export function clientOptions(model: ConfigurationModel): ConfigurationFile {
  const { js = {}, general = {} } = model['instrumentation/development'] ?? {};
  const options: Record<string, Section> = {};
  for (const [key, section] of Object.entries(js)) {
    const owner = ownerOf(key);
    if (owner) options[owner] = { ...options[owner], ...optionsOf(section as Section, `${PATH}.${key}`) };
    else if (key !== REGISTER) reportUnknownOwner(key);
  }
  return { options, environment: environmentOf(general) };
}

/** Our own settings beside those of the clients. */
export const REGISTER = 'register';

function ownerOf(key: string): string | undefined {
  const name = key.replace(/\/development$/, '');
  return OWNERS.find(owner => owner === name) ?? CLIENT_NAMES.find(client => CLIENT_PACKAGES[client] === name);
}

function optionsOf(section: Section, path: string): Section {
  return Object.fromEntries(
    Object.entries(section).flatMap(([name, value]): [string, unknown][] => {
      const key = OPTION_KEYS.get(name.replace(/\/development$/, ''));
      if (!key) reportUnknownOption(name, path);
      // Null is "not set" in declarative configuration.
      if (!key || value === null) return [];
      const accepted = acceptedValue(value, OPTIONS[key]);
      if (accepted !== undefined) return [[key, accepted]];
      report(
        `${path}.${name} is ${JSON.stringify(value).slice(0, 100)}; allowed: ${OPTIONS[key].allowed}. It is ignored.`,
      );
      return [];
    }),
  );
}

/** What comes from `${…}` is text where a list is meant, and 1.45 without quotation marks is a number. */
function acceptedValue(value: unknown, option: Option<unknown>): unknown {
  const asText = Array.isArray(value) ? value.map(String) : value;
  if (option.accepts(value)) return value;
  if (option.accepts(asText)) return asText;
  return typeof value === 'string' || typeof value === 'number' ? option.parse(String(value)) : undefined;
}

function reportUnknownOption(name: string, path: string): void {
  const names = [...OPTION_KEYS.keys()];
  const near = OPTION_KEYS.has(yamlName(name)) ? yamlName(name) : nearest(name, names);
  const hint = near ? `did you mean ${near}?` : `allowed: ${names.join(', ')}.`;
  report(`${path}.${name}: there is no option ${name}; ${hint} It is ignored.`);
}

/** Anything that is not near may be another instrumentation's. */
function reportUnknownOwner(key: string): void {
  const near = CLIENT_ALIASES[key.toLowerCase()] ?? nearest(key, [...OWNERS, ...Object.values(CLIENT_PACKAGES)]);
  if (near) report(`${PATH}.${key} is read by nobody; did you mean ${near}?`);
}

/** The file's own words for what `OTEL_SEMCONV_STABILITY_OPT_IN` says; those of one domain count more. */
function environmentOf(general: Readonly<{ messaging?: object; stability_opt_in_list?: string | null }>): Environment {
  const { semconv } = (general.messaging ?? {}) as { semconv?: { experimental?: boolean; dual_emit?: boolean } };
  if (!semconv) return { OTEL_SEMCONV_STABILITY_OPT_IN: general.stability_opt_in_list ?? undefined };
  if (!semconv.experimental) return {};
  return { OTEL_SEMCONV_STABILITY_OPT_IN: semconv.dual_emit ? 'messaging/dup' : 'messaging' };
}
