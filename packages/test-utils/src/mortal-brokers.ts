import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { answers, skipLoudly, startEmbedded, type Broker, type System } from './brokers';

/** A broker of one suite that may die: what it had answered for it has when it is back. */
export interface MortalBroker extends Broker {
  /** What it has answered for so far is on its disk. */
  written(): Promise<void>;
  /** It ends at once, wherever it is: a real one by SIGKILL. */
  kill(): Promise<void>;
  /** It is back at its address. */
  revive(): Promise<void>;
}

interface OwnedBroker extends MortalBroker {
  stop(): Promise<void>;
}

/** A real one may have to be downloaded first, and a busy machine takes its time: but no longer than this. */
const START_TIMEOUT_MS = 600_000;
const READY_SECONDS = '300';
/**
 * RabbitMQ 3.10 answers that a durable queue is declared up to two seconds before Mnesia, its database, has it in a file:
 * killed meanwhile, it comes back without the queue and all that was confirmed in it (5 of 14 times; after this, 0 of 16).
 */
const WRITTEN_AFTER_MS: Readonly<Record<System, number>> = { kafka: 0, rabbitmq: 2500, aws_sqs: 0 };
const KEEP_DATA = { BROKERS_KEEP_DATA: 'yes' };
const SCRIPT = path.resolve(__dirname, '../../../../scripts/brokers');

/** How scripts/brokers calls them, and is told their ports. */
const REAL: Readonly<Record<System, { name: string; ports: readonly string[]; address: (port: number) => string }>> = {
  kafka: { name: 'kafka', ports: ['KAFKA_PORT', 'KAFKA_CONTROLLER_PORT'], address: port => `127.0.0.1:${port}` },
  rabbitmq: {
    name: 'rabbitmq',
    ports: ['RABBIT_PORT', 'RABBIT_DIST_PORT', 'RABBIT_EPMD_PORT'],
    address: port => `amqp://guest:guest@127.0.0.1:${port}`,
  },
  aws_sqs: { name: 'sqs', ports: ['SQS_PORT'], address: port => `http://127.0.0.1:${port}` },
};

/** Call it in a describe body: they are there for the tests of that suite, embedded or real as those of `withBroker`. */
export function withMortalBrokers<S extends System>(...systems: readonly S[]): Readonly<Record<S, MortalBroker>> {
  const brokers = {} as Record<S, OwnedBroker>;
  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    const start = process.env.QUEUETRACE_BROKERS === 'real' ? startReal : startMortal;
    const started = await Promise.allSettled(systems.map(async system => (brokers[system] = await start(system))));
    for (const outcome of started) if (outcome.status === 'rejected') skipLoudly(this, String(outcome.reason));
  });
  after(async function () {
    this.timeout(START_TIMEOUT_MS);
    await Promise.all(Object.values<OwnedBroker>(brokers).map(broker => broker.stop()));
  });
  return brokers;
}

async function startMortal(system: System): Promise<OwnedBroker> {
  const { address, start, stop } = await startEmbedded(system);
  return { address, embedded: true, written: async () => {}, kill: stop, revive: start, stop };
}

async function startReal(system: System): Promise<OwnedBroker> {
  const { name, ports, address: addressOf } = REAL[system];
  const numbers = await freePorts(ports.length);
  const address = addressOf(numbers[0]);
  const run = async (verb: string, env: NodeJS.ProcessEnv) => {
    const given = Object.fromEntries(ports.map((variable, index) => [variable, String(numbers[index])]));
    const options = {
      env: { ...process.env, ...given, SQS_IMPL: 'elasticmq', BROKERS_READY_SECONDS: READY_SECONDS, ...env },
    };
    return (await promisify(execFile)('bash', [SCRIPT, verb, name], options)).stdout;
  };
  let pid = 0;
  const kill = () => {
    if (pid) process.kill(pid, 'SIGKILL');
    pid = 0;
  };
  const revive = async () => {
    pid = Number(/pid (\d+)/.exec(await run('start', KEEP_DATA))?.[1]);
  };
  await revive();
  // A test run that is cut short leaves no broker behind.
  process.once('exit', kill);
  return {
    address,
    embedded: false,
    written: () => delay(WRITTEN_AFTER_MS[system]),
    async kill() {
      kill();
      // It dies thread by thread, and holds its ports to the end; until there is nothing left it is taken for one that is up.
      while (await answers(address)) await delay(10);
      await run('stop', KEEP_DATA);
    },
    revive,
    async stop() {
      process.off('exit', kill);
      // Its data goes with it.
      await run('stop', { BROKERS_KEEP_DATA: '' });
    },
  };
}

/** Below those that the system gives to clients: one of these could take the port of a broker that is down. */
const [LEAST_PORT, MOST_PORT] = [12_000, 32_000];

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = LEAST_PORT + Math.floor(Math.random() * (MOST_PORT - LEAST_PORT));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
