import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { libraries, type Library } from '@queuetrace/register/libraries';
import { Collector } from './collector';
import { fine, note, problem, type Finding } from './finding';
import { preloadFor } from './preload';
import type { ProcessState } from './process-state';
import { WATCH_FOLDER } from './run-watch';

export interface RunOptions {
  readonly folder: string;
  /** What `node` is given: the app and its arguments. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** After so long the app is sent SIGTERM. */
  readonly seconds: number;
  /** The app starts queuetrace by itself. */
  readonly asIs: boolean;
  /** Where its standard output goes: a file descriptor. */
  readonly stdout: number;
}

const KILL_AFTER_MS = 30_000;
const POLL_MS = 100;

/** Runs the app, with its telemetry sent to us, and says what of it was traced. */
export async function examineRun(options: RunOptions): Promise<Finding[]> {
  const watched = mkdtempSync(path.join(tmpdir(), 'queuetrace-doctor-'));
  const collector = await new Collector().start();
  try {
    const [end, hasToldNothing] = await runApp(options, watched, collector);
    const states = readdirSync(watched).map(
      name => JSON.parse(readFileSync(path.join(watched, name), 'utf8')) as ProcessState | null,
    );
    return [...end, ...examineStates(states, hasToldNothing ? undefined : collector)];
  } finally {
    collector.stop();
    rmSync(watched, { recursive: true });
  }
}

/** How it ended; with a configuration file the telemetry goes where that says. */
async function runApp(options: RunOptions, watched: string, collector: Collector): Promise<[Finding[], boolean]> {
  const { folder, args, env, seconds, asIs, stdout } = options;
  const hasFile = Boolean(env.OTEL_CONFIG_FILE?.trim());
  const preloads = [
    '--require',
    path.join(__dirname, 'run-watch.js'),
    ...(asIs ? [] : ['--require', preloadFor(folder)]),
  ];
  const child = spawn(process.execPath, [...preloads, ...args], {
    cwd: folder,
    env: {
      ...(hasFile ? env : withoutEndpoints(env)),
      ...(!hasFile && collector.environment),
      [WATCH_FOLDER]: watched,
    },
    stdio: ['inherit', stdout, 'inherit'],
  });
  const stopped = stopAfter(child, seconds * 1000, () => readdirSync(watched).length > 0);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  const where = hasFile
    ? [note('the telemetry of this run went where OTEL_CONFIG_FILE says: its spans are not counted here')]
    : [];
  if (stopped.isStopped) return [[fine(`the app ran for ${seconds} s and was sent SIGTERM`), ...where], hasFile];
  if (code === 0) return [[fine('the app ran and ended by itself'), ...where], hasFile];
  return [[problem(`the app ended with ${signal ?? `code ${code}`}`), ...where], hasFile];
}

/** Ends an app that goes on, so long after it has begun to run: on a busy machine its start takes a while. */
function stopAfter(child: ChildProcess, runMs: number, hasBegun: () => boolean): { isStopped: boolean } {
  const outcome = { isStopped: false };
  const stop = () => {
    outcome.isStopped = true;
    child.kill('SIGTERM');
  };
  const timers = [setTimeout(() => child.kill('SIGKILL'), runMs + KILL_AFTER_MS)];
  const poll = setInterval(() => {
    if (!hasBegun()) return;
    clearInterval(poll);
    timers.push(setTimeout(stop, runMs));
  }, POLL_MS);
  child.once('close', () => {
    clearInterval(poll);
    timers.forEach(clearTimeout);
  });
  return outcome;
}

function withoutEndpoints(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OTEL_EXPORTER_OTLP_')));
}

function examineStates(states: readonly (ProcessState | null)[], collector: Collector | undefined): Finding[] {
  const started = states.filter(state => state !== null);
  if (started.length === 0) return [problem('queuetrace was not started in this run')];
  const told = [...new Set(started.flatMap(state => state.told))];
  const patched = [...new Set(started.flatMap(state => state.patched))];
  const clients = new Set(started.flatMap(state => state.clients));
  const mains = libraries().filter(({ isMain, client }) => isMain && clients.has(client));
  return [...told.map(line => problem(line)), ...mains.map(library => libraryFinding(library, patched, collector))];
}

function libraryFinding({ name, client }: Library, patched: readonly string[], collector?: Collector): Finding {
  const lines = patched.filter(line => line.startsWith(`${name} `));
  if (lines.length === 0) return note(`${name} was not loaded in this run`);
  const instrumentation = `@queuetrace/instrumentation-${client === 'sqs' ? 'aws-sdk-client-sqs' : client}`;
  const spans = collector?.spansOf(instrumentation);
  if (!collector) return fine(lines.join('; '));
  return spans
    ? fine(`${lines.join('; ')}: ${spans}`)
    : note(`${lines.join('; ')}: no spans, it sent and received nothing`);
}
