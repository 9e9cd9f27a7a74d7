/** `npm run bench:startup`: what a preload adds to the start of an app that has all three clients. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publishStartup, type Start } from '../document';
import { figure } from '../report';
import { median } from '../statistics';

const ROUNDS = 15;
const NO_PRELOAD = 'no preload';
const PEER = '@opentelemetry/auto-instrumentations-node';
const PEER_VERSION = '0.82.0';
const ENVIRONMENT = {
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  // Nobody is there: what is exported is not what is measured.
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  // The others ask the network where they are.
  OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process',
};

/** Only for this run, in a folder of its own. */
function installPeer(folder: string): string {
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  const packages = [`${PEER}@${PEER_VERSION}`, '@opentelemetry/api'];
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...options, ...packages], { cwd: folder, stdio: 'inherit' });
  return createRequire(path.join(folder, 'package.json')).resolve(`${PEER}/register`);
}

function cpuMs(preload: string | undefined): number {
  const options = preload ? ['--require', preload] : [];
  const env = { ...process.env, ...ENVIRONMENT };
  const told = execFileSync('node', [...options, path.join(__dirname, 'app.js')], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Number(told.toString().trim().split('\n').at(-1));
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'queuetrace-startup-'));
  try {
    const preloads = new Map<string, string | undefined>([
      [NO_PRELOAD, undefined],
      ['@queuetrace/register', require.resolve('@queuetrace/register')],
      [`${PEER}/register ${PEER_VERSION}`, installPeer(folder)],
    ]);
    const rounds = new Map([...preloads.keys()].map(name => [name, [] as number[]]));
    for (let round = 0; round < ROUNDS; round++) {
      const order = round % 2 === 0 ? [...preloads] : [...preloads].reverse();
      for (const [name, preload] of order) rounds.get(name)!.push(cpuMs(preload));
    }
    const all = starts(rounds);
    tell(all);
    if (process.argv.includes('--write')) await publishStartup(all);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function starts(rounds: Map<string, number[]>): Start[] {
  const bareMs = Math.min(...rounds.get(NO_PRELOAD)!);
  return [...rounds].map(([preload, times]) => {
    const minMs = Math.min(...times);
    return { preload, minMs, medianMs: median(times), addedMs: minMs - bareMs };
  });
}

function tell(all: readonly Start[]): void {
  const peerMs = all.at(-1)!.addedMs;
  for (const { preload, minMs, medianMs, addedMs } of all) {
    const added = addedMs > 0 ? `, ${figure(addedMs)} more than without, × ${(addedMs / peerMs).toFixed(2)}` : '';
    console.log(`${preload}: CPU ms min ${figure(minMs)}, median ${figure(medianMs)}${added}`);
  }
}

void main();
