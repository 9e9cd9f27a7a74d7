import {
  didYouMean,
  ENV_PREFIX,
  misspelt,
  report,
  wrongValue,
  type Environment,
  type OptionKind,
} from '@queuetrace/messaging';

/** A variable that is set, with where to read on when its value is none. */
interface Found {
  name: string;
  text: string;
}

/**
 * OpenTelemetry's environment variables, by one name or by several of which the first that is set counts.
 * A value that is not allowed is told in one line and counts as not set; so does an empty one, as the specification says.
 */
export class Variables {
  private readonly _asked = new Set(['OTEL_CONFIG_FILE', 'OTEL_SDK_DISABLED']);

  constructor(private readonly _env: Environment) {}

  /** Tells of variables that are called almost like one that was asked for: anything else may be another's. */
  reportMisspelt(): void {
    const names = Object.keys(this._env).filter(name => name.startsWith('OTEL_') && !this._asked.has(name));
    for (const name of names.filter(one => !one.startsWith(ENV_PREFIX))) {
      const meant = misspelt(name, [...this._asked]);
      if (meant) report(`${name} is read by nobody; did you mean ${meant}?`);
    }
  }

  text(...names: string[]): string | undefined {
    return this._found(names)?.text;
  }

  oneOf<const Value extends string>(allowed: readonly Value[], ...names: string[]): Value | undefined {
    const found = this._found(names);
    return found && this._known(found, found.text, allowed);
  }

  /** What is unknown of a list is left out. */
  listOf<const Value extends string>(allowed: readonly Value[], ...names: string[]): Value[] | undefined {
    const found = this._found(names);
    const items = found?.text.split(',').map(item => item.trim());
    const known = items?.filter(Boolean).map(item => this._known(found!, item, allowed));
    const values = [...new Set(known?.filter(item => item !== undefined))];
    return values.length > 0 ? values : undefined;
  }

  /** A whole number of at least `minimum`. */
  count(minimum: number, ...names: string[]): number | undefined {
    const allowed = `a whole number, ${minimum} or more`;
    return this._checked(names, allowed, text => /^\d+$/.test(text) && Number(text) >= minimum && Number(text));
  }

  ratio(...names: string[]): number | undefined {
    return this._checked(names, 'a number from 0 to 1', text => Number(text) >= 0 && Number(text) <= 1 && Number(text));
  }

  /** An option of ours. */
  option<Value>(kind: OptionKind<Value>, name: string): Value | undefined {
    const text = this.text(name);
    const value = text === undefined ? undefined : kind.parse(text);
    if (text !== undefined && value === undefined) report(wrongValue(name, text, kind));
    return value;
  }

  url(...names: string[]): string | undefined {
    const allowed = 'a URL with http:// or https://, such as http://localhost:4318';
    return this._checked(names, allowed, text => /^https?:$/.test(URL.parse(text)?.protocol ?? '') && text);
  }

  /** `key=value` pairs, the values percent-decoded; one that is wrong discards them all, as the specification says. */
  pairs(...names: string[]): [string, string][] | undefined {
    return this._checked(names, 'key=value pairs with commas between, percent-encoded', parsePairs);
  }

  private _checked<Value>(names: string[], allowed: string, parse: (text: string) => Value | false): Value | undefined {
    const found = this._found(names);
    if (!found) return undefined;
    const value = parse(found.text);
    if (value !== false) return value;
    report(`${found.name} is "${shown(found)}"; allowed: ${allowed}. It is ignored.`);
    return undefined;
  }

  private _known<Value extends string>(found: Found, item: string, allowed: readonly Value[]): Value | undefined {
    const value = allowed.find(one => one === item.toLowerCase());
    if (value !== undefined) return value;
    const line = `${found.name}: "${item.slice(0, 100)}" is not known; allowed: ${allowed.join(', ')}. It is ignored.`;
    report(line + didYouMean(item, allowed));
    return undefined;
  }

  private _found(names: string[]): Found | undefined {
    names.forEach(name => this._asked.add(name));
    return names.map(name => ({ name, text: this._env[name]?.trim() ?? '' })).find(({ text }) => text !== '');
  }
}

/** Headers may hold credentials: never shown. */
function shown({ name, text }: Found): string {
  return name.endsWith('HEADERS') ? '…' : text.slice(0, 100);
}

function parsePairs(text: string): [string, string][] | false {
  const pairs = text
    .split(',')
    .map(pair => pair.trim())
    .filter(Boolean);
  try {
    return pairs.map(pair => {
      const [, key, value] = /^([^=]+)=(.*)$/.exec(pair)!;
      return [decodeURIComponent(key.trim()), decodeURIComponent(value.trim())];
    });
  } catch {
    return false;
  }
}
