import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Api from '@opentelemetry/api';

const NAME = '@opentelemetry/api';

/**
 * The API to register with. Every copy of it in a process shares what is registered, with one condition: a copy sees
 * nothing that an older one has registered. So it is the bundled one (the app's own takes about as long to load as all
 * the rest of us), unless the app has a newer one.
 */
export function apiToRegisterWith(bundled: () => typeof Api, bundledVersion: string): typeof Api {
  const file = apiOfApp();
  const version = file && versionOf(file);
  return version && isNewer(version, bundledVersion) ? (createRequire(file)(file) as typeof Api) : bundled();
}

/** As the app's main file would find it. */
function apiOfApp(): string | undefined {
  for (const from of [process.argv[1], path.join(process.cwd(), 'index.js')]) {
    try {
      return createRequire(path.resolve(from)).resolve(NAME);
    } catch {
      // The app has none: a process without a main file does not either.
    }
  }
  return undefined;
}

/** Of the package that the file is in. */
function versionOf(file: string): string | undefined {
  const folder = file.slice(0, file.lastIndexOf(path.normalize(NAME)) + NAME.length);
  try {
    return (createRequire(file)(path.join(folder, 'package.json')) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** Another major version shares nothing with ours. */
function isNewer(version: string, than: string): boolean {
  const [major, minor, patch] = version.split('.').map(part => parseInt(part, 10));
  const [thanMajor, thanMinor, thanPatch] = than.split('.').map(part => parseInt(part, 10));
  return major === thanMajor && (minor > thanMinor || (minor === thanMinor && patch > thanPatch));
}
