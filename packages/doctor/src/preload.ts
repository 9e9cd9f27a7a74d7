import { createRequire } from 'node:module';
import path from 'node:path';

/** The preload that an app in this folder has installed, or else our own. */
export function preloadFor(folder: string): string {
  try {
    return createRequire(path.join(folder, 'package.json')).resolve('@queuetrace/register');
  } catch {
    return require.resolve('@queuetrace/register');
  }
}
