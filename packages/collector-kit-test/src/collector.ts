/** A real Collector with one of the examples, on random loopback ports. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const EXAMPLES = path.resolve(__dirname, '../../../../examples');

export type Example = 'gateway' | 'agent' | 'gateway-tier' | 'agent-kafka' | 'gateway-kafka';
export type Settings = Readonly<Record<string, string>>;

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;
const running = new Set<ChildProcess>();

// A test run that is cut short leaves no Collector behind.
process.once('exit', () => running.forEach(child => child.kill('SIGKILL')));

export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** Of the gRPC receiver, as `host:port`. */
  readonly grpc: string;
  readonly pid: number;
  /** What it logged so far: JSON, a line a record. */
  log(): string;
  /** What Prometheus would scrape. */
  scrape(): Promise<string>;
  /** Ends it as its platform would, and waits: it sends what it has. */
  stop(): Promise<void>;
}

export const configOf = (example: Example) => path.join(EXAMPLES, 'collector', `${example}.yaml`);

/** Exit status and output of `otelcol validate`. */
export function validate(otelcol: string, example: Example, settings: Settings): { status: number; output: string } {
  const { status, stdout, stderr } = spawnSync(otelcol, ['validate', '--config', configOf(example)], {
    env: settings,
    encoding: 'utf8',
  });
  return { status: status ?? -1, output: stdout + stderr };
}

export async function startCollector(otelcol: string, example: Example, settings: Settings): Promise<Collector> {
  const directory = mkdtempSync(path.join(tmpdir(), 'queuetrace-collector-'));
  const [http, grpc, health, prometheus, own] = await freePorts(5);
  const args = ['--config', configOf(example), '--config', 'yaml:service::telemetry::logs::encoding: json'];
  const child = spawn(otelcol, args, {
    env: {
      OTLP_HTTP_ENDPOINT: `127.0.0.1:${http}`,
      OTLP_GRPC_ENDPOINT: `127.0.0.1:${grpc}`,
      HEALTH_ENDPOINT: `127.0.0.1:${health}`,
      PROMETHEUS_ENDPOINT: `127.0.0.1:${prometheus}`,
      SELF_METRICS_PORT: String(own),
      BATCH_TIMEOUT: '50ms',
      QUEUE_DIRECTORY: path.join(directory, 'queue'),
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const collector: Collector = {
    url: `http://127.0.0.1:${http}`,
    grpc: `127.0.0.1:${grpc}`,
    pid: child.pid ?? 0,
    log: () => log,
    scrape: async () => (await fetch(`http://127.0.0.1:${prometheus}/metrics`)).text(),
    stop: () => stop(child, directory),
  };
  await untilHealthy(`http://127.0.0.1:${health}/`, child, collector);
  return collector;
}

async function untilHealthy(url: string, child: ChildProcess, collector: Collector): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && performance.now() < deadline) {
    const isHealthy = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    // Its log comes through a pipe, after its answer.
    if (isHealthy && collector.log().includes('Everything is ready')) return;
    await delay(50);
  }
  const state = child.exitCode === null ? 'is not healthy' : `ended with ${child.exitCode}`;
  await collector.stop();
  throw new Error(`the Collector ${state}:\n${collector.log()}`);
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }
  running.delete(child);
  rmSync(directory, { recursive: true, force: true });
}

/** All held at once, so that they differ; then released. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(server => once(server, 'listening')));
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => once(server.close(), 'close')));
  return ports;
}
