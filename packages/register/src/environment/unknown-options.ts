import {
  ENV_PREFIX,
  nearest,
  noEffect,
  OPTIONS,
  report,
  splitList,
  type Environment,
  type Option,
} from '@queuetrace/messaging';
import { CLIENT_ALIASES, CLIENT_NAMES } from '../clients';

const DISABLED = 'OTEL_NODE_DISABLED_INSTRUMENTATIONS';
const OWNERS = [...CLIENT_NAMES.map(name => name.toUpperCase()), 'MESSAGING'];
const SUFFIXES = Object.values(OPTIONS).map(({ suffix }) => suffix);

/** Tells of variables that look like ours but are read by nobody: each would be a setting without effect. */
export function reportUnknownOptions(env: Environment): void {
  for (const name of Object.keys(env)) if (name.startsWith(ENV_PREFIX)) reportUnknownOption(name);
  for (const name of ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', DISABLED]) {
    reportUnknownClients(name, env[name] ?? '');
  }
}

function reportUnknownOption(name: string): void {
  const rest = name.slice(ENV_PREFIX.length);
  const owner = OWNERS.find(one => rest.startsWith(`${one}_`));
  if (owner) {
    const suffix = rest.slice(owner.length + 1);
    const option = Object.values<Option<unknown>>(OPTIONS).find(one => one.suffix === suffix);
    const useless = option && owner !== 'MESSAGING' && noEffect(name, owner.toLowerCase(), option);
    if (useless) report(useless);
    if (option) return;
    const near = nearest(suffix, SUFFIXES);
    const hint = near ? `did you mean ${ENV_PREFIX}${owner}_${near}?` : `allowed: ${SUFFIXES.join(', ')}.`;
    report(`${name}: there is no option ${suffix}; ${hint} It is ignored.`);
    return;
  }
  const alias = Object.keys(CLIENT_ALIASES).find(one => rest.startsWith(`${one.toUpperCase()}_`));
  // Anything else may be another instrumentation's.
  if (!alias) return;
  const meant = `${ENV_PREFIX}${CLIENT_ALIASES[alias].toUpperCase()}${rest.slice(alias.length)}`;
  report(`${name} is read by nobody; did you mean ${meant}?`);
}

function reportUnknownClients(variable: string, list: string): void {
  for (const name of splitList(list).filter(one => !(CLIENT_NAMES as string[]).includes(one))) {
    const near = CLIENT_ALIASES[name.toLowerCase()] ?? nearest(name, CLIENT_NAMES);
    // Another distribution in this process may have it.
    if (!near && variable === DISABLED) continue;
    const hint = near ? ` Did you mean ${near}?` : '';
    report(`${variable}: "${name}" is no client of queuetrace; allowed: ${CLIENT_NAMES.join(', ')}.${hint}`);
  }
}
