import type { ClientModule, MessagingInstrumentation } from '@queuetrace/messaging';
import { CLIENTS, CLIENT_NAMES, type ClientName } from './clients';

/** A library that a client's instrumentation patches, and what it needs of it. */
export interface Library extends Omit<ClientModule, 'files'> {
  readonly client: ClientName;
  /** The library that is the client's own; the others it is made of, or they stand on it. */
  readonly isMain: boolean;
  /** Relative to the package's folder. */
  readonly files: readonly string[];
}

/** For tools that look at an app or build it: nothing is patched. */
export function libraries(): Library[] {
  return CLIENT_NAMES.flatMap(client => {
    const instrumentation = CLIENTS[client]({ enabled: false }) as MessagingInstrumentation<unknown>;
    return instrumentation.modules().map(({ files, ...module }, index) => ({
      ...module,
      client,
      isMain: index === 0,
      files: Object.keys(files),
    }));
  });
}
