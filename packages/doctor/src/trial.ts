import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fine, note, problem, type Finding } from './finding';
import { preloadFor } from './preload';
import type { TrialResult } from './trial-app';

const KILL_AFTER_MS = 30_000;

/** Starts the preload in the app's folder and environment with an app that does nothing. */
export async function trial(folder: string, env: NodeJS.ProcessEnv): Promise<TrialResult & { error?: string }> {
  const args = ['--require', preloadFor(folder), path.join(__dirname, 'trial-app.js')];
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  const written = ['', ''];
  [child.stderr, child.stdio[3]].forEach((stream, index) =>
    stream!.on('data', (chunk: Buffer) => (written[index] += chunk.toString())),
  );
  await once(child, 'close');
  clearTimeout(killer);
  const [stderr, result] = written;
  if (result) return JSON.parse(result) as TrialResult;
  return { endpoints: [], error: stderr.trim().split('\n').at(-1) ?? `code ${child.exitCode}` };
}

/** What the trial says of the configuration, and of where the telemetry goes. */
export function examineTrial({ state, endpoints, error }: TrialResult & { error?: string }): Finding[] {
  if (error) return [problem(`the preload cannot be started here: ${error}`)];
  if (!state) return [problem('queuetrace is switched off here', 'OTEL_SDK_DISABLED, or disabled in OTEL_CONFIG_FILE')];
  const told = state.told.map(line => problem(line));
  if (state.clients.length === 0) return [...told, problem('no client is on, so nothing is traced')];
  return [...told, ...endpoints.map(({ url, problem: why }) => endpointFinding(url, why)), ...noEndpoint(endpoints)];
}

function endpointFinding(url: string, why: string | undefined): Finding {
  return why
    ? problem(`${url} does not take telemetry: ${why}`, 'OTEL_EXPORTER_OTLP_ENDPOINT says where it goes')
    : fine(`${url} takes telemetry`);
}

function noEndpoint(endpoints: readonly unknown[]): Finding[] {
  return endpoints.length > 0 ? [] : [note('nothing is sent to a collector')];
}
