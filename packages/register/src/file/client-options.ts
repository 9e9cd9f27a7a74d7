import { OPTIONS, report, type ConfigurationFile, type Environment } from '@queuetrace/messaging';
import type { ConfigurationModel } from '@opentelemetry/configuration';
import { CLIENT_ALIASES, CLIENT_NAMES, CLIENT_PACKAGES } from '../clients';
import { nearest } from '../nearest';
import { readSection, type Section } from './section';

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
    if (owner) options[owner] = { ...options[owner], ...readSection(section as Section, `${PATH}.${key}`, OPTIONS) };
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
