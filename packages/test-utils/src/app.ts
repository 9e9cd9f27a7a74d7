import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface AppOptions {
  readonly args?: readonly string[];
  /** On top of the environment of this process without OTEL_* and NODE_OPTIONS; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly nodeArgs?: readonly string[];
  readonly cwd?: string;
  readonly killAfterMs?: number;
  /** `startApp` resolves when stdout or stderr matches; `runApp` sends SIGTERM then. */
  readonly waitFor?: RegExp;
}

export interface AppResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It did not end within `killAfterMs`. */
  readonly timedOut: boolean;
}

export interface App {
  readonly pid: number | undefined;
  readonly ended: Promise<AppResult>;
  /** Everything written so far, both streams in the order of arrival. */
  output(): string;
  /** Resolves with the output when it matches; rejects when the app ends before that. */
  waitFor(pattern: RegExp): Promise<string>;
  signal(name: NodeJS.Signals): void;
}

const running = new Set<ChildProcess>();

// A test run that is cut short leaves no app behind.
process.once('exit', () => running.forEach(child => child.kill('SIGKILL')));

/** Runs a file with the `node` of the PATH until it ends. */
export async function runApp(file: string, options: AppOptions = {}): Promise<AppResult> {
  const app = spawnApp(file, options);
  if (options.waitFor) {
    app.waitFor(options.waitFor).then(
      () => app.signal('SIGTERM'),
      () => {},
    );
  }
  return app.ended;
}

/** Starts a file and resolves when it runs: at once, or when its output matches `waitFor`. */
export async function startApp(file: string, options: AppOptions = {}): Promise<App> {
  const app = spawnApp(file, options);
  if (options.waitFor) await app.waitFor(options.waitFor);
  return app;
}

function spawnApp(file: string, { args = [], env = {}, nodeArgs = [], cwd, killAfterMs = 60_000 }: AppOptions): App {
  // Set where another instrumentation is in ours' place (scripts/peers.cjs).
  const { QUEUETRACE_PEERS: peers } = process.env;
  const peerArgs = peers ? ['--require', peers] : [];
  const child = spawn('node', [...peerArgs, ...nodeArgs, file, ...args], {
    cwd,
    env: appEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const written = { stdout: '', stderr: '', both: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text;
      written.both += text;
    });
  }
  const ended = result(child, written, killAfterMs);
  // Whoever waits for output only shall not get an unhandled rejection.
  ended.catch(() => {});
  return {
    pid: child.pid,
    ended,
    output: () => written.both,
    waitFor: pattern => outputMatching(child, pattern, () => written.both, ended),
    signal: name => void child.kill(name),
  };
}

function appEnvironment(given: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('OTEL_') && name !== 'NODE_OPTIONS',
  );
  return { ...Object.fromEntries(inherited), ...given };
}

async function result(
  child: ChildProcess,
  written: { stdout: string; stderr: string },
  killAfterMs: number,
): Promise<AppResult> {
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, killAfterMs);
  try {
    // 'close' comes after 'exit', when both streams are read to their end.
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, stdout: written.stdout, stderr: written.stderr, timedOut };
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}

function outputMatching(
  child: ChildProcess,
  pattern: RegExp,
  output: () => string,
  ended: Promise<AppResult>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const check = () => {
      // A pattern with the g flag remembers its position: search() does not.
      if (output().search(pattern) !== -1) resolve(output());
    };
    check();
    child.stdout?.on('data', check);
    child.stderr?.on('data', check);
    const missed = (outcome: string) =>
      reject(new Error(`the app ended (${outcome}) before its output matched ${pattern}:\n${output()}`));
    ended.then(({ code, signal }) => missed(String(signal ?? code)), missed);
  });
}
