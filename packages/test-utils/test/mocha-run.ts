import * as path from 'node:path';
import { runApp, type AppResult } from '@queuetrace/test-utils';

/** Runs a test file of test/apps in a mocha of its own, with the root hooks. */
export function runMocha(file: string, env: Record<string, string | undefined> = {}): Promise<AppResult> {
  const test = path.join(__dirname, '../../test/apps', file);
  const rootHooks = require.resolve('@queuetrace/test-utils/build/src/root-hooks');
  const mocha = path.join(path.dirname(require.resolve('mocha/package.json')), 'bin/mocha.js');
  return runApp(mocha, { args: ['--no-config', '--no-color', '--require', rootHooks, test], env });
}
