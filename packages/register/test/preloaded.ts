import path from 'node:path';
import { runApp, startApp, type App, type AppOptions, type AppResult } from '@queuetrace/test-utils';

/** The `node` that apps run on; the tests themselves run on the one that mocha was started with. */
const { QUEUETRACE_NODE } = process.env;
export const NODE_VERSION = QUEUETRACE_NODE || process.versions.node;
/* eslint-disable @typescript-eslint/no-require-imports -- plain scripts of the repository. */
const nodes = () =>
  require(path.resolve(__dirname, '../../../../scripts/node-version.cjs')) as { folderOfNode(version: string): string };

/** Where `@queuetrace/register` is resolved from, as an app resolves what it has installed. */
const PACKAGE = path.resolve(__dirname, '../..');

export const REQUIRE = ['--require', '@queuetrace/register'];

export function appFile(name: string): string {
  return path.join(PACKAGE, 'test/apps', name);
}

export function runPreloaded(name: string, options: AppOptions = {}): Promise<AppResult> {
  return runApp(appFile(name), onNode({ nodeArgs: REQUIRE, cwd: PACKAGE, ...options }));
}

export function startPreloaded(name: string, options: AppOptions = {}): Promise<App> {
  return startApp(appFile(name), onNode({ nodeArgs: REQUIRE, cwd: PACKAGE, ...options }));
}

/** What the same app does without us. */
export function runPlain(name: string, options: AppOptions = {}): Promise<AppResult> {
  return runApp(appFile(name), onNode({ cwd: PACKAGE, ...options }));
}

export function startPlain(name: string, options: AppOptions = {}): Promise<App> {
  return startApp(appFile(name), onNode({ cwd: PACKAGE, ...options }));
}

/** Runs a script in a process of its own, as if it stood in this package, without us. */
export function runScript(script: string, { nodeArgs = [], ...options }: AppOptions = {}): Promise<AppResult> {
  return runApp(script, onNode({ cwd: PACKAGE, ...options, nodeArgs: [...nodeArgs, '-e'] }));
}

function onNode(options: AppOptions): AppOptions {
  if (!QUEUETRACE_NODE) return options;
  const PATH = [nodes().folderOfNode(QUEUETRACE_NODE), process.env.PATH].join(path.delimiter);
  return { ...options, env: { PATH, ...options.env } };
}

/** The lines that we have written. */
export function ourLines({ stderr }: AppResult): string[] {
  return stderr.split('\n').filter(line => line.startsWith('queuetrace: '));
}

/**
 * What the app itself has written; the process id of Node's warnings differs from run to run. Before Node.js 24 whoever
 * keeps a context has a frame of Node's own in each stack.
 */
export function appLines({ stderr }: AppResult): string[] {
  const lines = stderr.split('\n').filter(line => !/^queuetrace: |callbackTrampoline/.test(line));
  return lines.map(line => line.replace(/\(node:\d+\)/, '(node)').replace(/-\d{6,}/, '-N'));
}
