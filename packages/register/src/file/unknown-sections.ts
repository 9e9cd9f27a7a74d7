import { nearest, ownerOf, report, SECTIONS_PATH, type ConfigurationFile } from '@queuetrace/messaging';
import { CLIENT_ALIASES, CLIENT_NAMES, CLIENT_PACKAGES } from '../clients';

/** Our own settings beside those of the clients. */
export const REGISTER = 'register';

const OWNERS = [...CLIENT_NAMES, ...Object.values(CLIENT_PACKAGES), 'messaging', REGISTER];

/** Tells of sections that nobody reads. Anything that is not near may be another instrumentation's. */
export function reportUnknownSections({ sections }: ConfigurationFile): void {
  for (const key of Object.keys(sections).filter(one => !OWNERS.includes(ownerOf(one)))) {
    const near = CLIENT_ALIASES[key.toLowerCase()] ?? nearest(key, OWNERS);
    if (near) report(`${SECTIONS_PATH}.${key} is read by nobody; did you mean ${near}?`);
  }
}
