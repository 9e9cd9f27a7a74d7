import { nearest } from '../nearest';
import { yamlName, type OptionKind } from '../options';
import { report } from '../report';
import { wrongValue } from '../wrong-value';

/** A mapping of the file. */
export type Section = Readonly<Record<string, unknown>>;

/** Reads options, which the file calls by their names in snake case. A mistake is told in one line and passed over. */
export function readSection(
  section: Section,
  path: string,
  options: Readonly<Record<string, OptionKind<unknown>>>,
): Section {
  const keys = new Map(Object.keys(options).map(key => [yamlName(key), key]));
  return Object.fromEntries(
    Object.entries(section).flatMap(([name, value]): [string, unknown][] => {
      const key = keys.get(name.replace(/\/development$/, ''));
      if (!key) reportUnknownOption(name, path, [...keys.keys()]);
      // Null is "not set" in declarative configuration.
      if (!key || value === null || value === undefined) return [];
      const accepted = acceptedValue(value, options[key]);
      if (accepted !== undefined) return [[key, accepted]];
      report(wrongValue(`${path}.${name}`, value, options[key]));
      return [];
    }),
  );
}

/** What comes from `${…}` is text where a list is meant, and 1.45 without quotation marks is a number. */
function acceptedValue(value: unknown, option: OptionKind<unknown>): unknown {
  const asText = Array.isArray(value) ? value.map(String) : value;
  if (option.accepts(value)) return value;
  if (option.accepts(asText)) return asText;
  return typeof value === 'string' || typeof value === 'number' ? option.parse(String(value)) : undefined;
}

function reportUnknownOption(name: string, path: string, names: readonly string[]): void {
  const near = names.includes(yamlName(name)) ? yamlName(name) : nearest(name, names);
  const hint = near ? `did you mean ${near}?` : `allowed: ${names.join(', ')}.`;
  report(`${path}.${name}: there is no option ${name}; ${hint} It is ignored.`);
}
