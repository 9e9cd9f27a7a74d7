import path from 'node:path';
import { runApp, startApp, type App, type AppOptions, type AppResult } from '@queuetrace/test-utils';

/** Where `@queuetrace/register` is resolved from, as an app resolves what it has installed. */
const PACKAGE = path.resolve(__dirname, '../..');

export const REQUIRE = ['--require', '@queuetrace/register'];

export function appFile(name: string): string {
  return path.join(PACKAGE, 'test/apps', name);
}

export function runPreloaded(name: string, options: AppOptions = {}): Promise<AppResult> {
  return runApp(appFile(name), { nodeArgs: REQUIRE, cwd: PACKAGE, ...options });
}

export function startPreloaded(name: string, options: AppOptions = {}): Promise<App> {
  return startApp(appFile(name), { nodeArgs: REQUIRE, cwd: PACKAGE, ...options });
}

/** What the same app does without us. */
export function runPlain(name: string, options: AppOptions = {}): Promise<AppResult> {
  return runApp(appFile(name), { cwd: PACKAGE, ...options });
}

/** The lines that we have written. */
export function ourLines({ stderr }: AppResult): string[] {
  return stderr.split('\n').filter(line => line.startsWith('queuetrace: '));
}

/** What the app itself has written; the process id of Node's warnings differs from run to run. */
export function appLines({ stderr }: AppResult): string[] {
  const lines = stderr.split('\n').filter(line => !line.startsWith('queuetrace: '));
  return lines.map(line => line.replace(/\(node:\d+\)/, '(node)').replace(/-\d{6,}/, '-N'));
}
