import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { EmbeddedBroker } from '@queuetrace/embedded-brokers';

export type System = 'kafka' | 'rabbitmq' | 'aws_sqs';

export interface Broker {
  /** Kafka: host:port; RabbitMQ: amqp URL; SQS: endpoint URL. Known once the suite runs. */
  readonly address: string;
  readonly embedded: boolean;
}

/** A broker of one suite, always embedded: it may be taken away. */
export interface OwnBroker extends Broker {
  stop(): Promise<void>;
  /** Stops it where it runs, and starts an empty one on the same port. */
  restart(): Promise<void>;
}

type StartBroker = (options?: { port?: number }) => Promise<EmbeddedBroker>;

const REACHABLE_TIMEOUT_MS = 3_000;

const real: Record<System, { variable: string; fallback: string }> = {
  kafka: { variable: 'KAFKA_BROKERS', fallback: '127.0.0.1:9092' },
  rabbitmq: { variable: 'RABBITMQ_URL', fallback: 'amqp://guest:guest@127.0.0.1:5672' },
  aws_sqs: { variable: 'SQS_ENDPOINT', fallback: 'http://127.0.0.1:9324' },
};

const shared = new Map<System, Promise<EmbeddedBroker>>();

/** Call it in a describe body: the broker is there for the tests of that suite. */
export function withBroker(system: System): Broker;
export function withBroker(system: System, options: { own: true }): OwnBroker;
export function withBroker(system: System, { own = false }: { own?: boolean } = {}): Broker {
  if (own) return ownBroker(system);
  return process.env.QUEUETRACE_BROKERS === 'real' ? realBroker(system) : sharedBroker(system);
}

/** A fresh name for a topic or queue, valid for all three systems. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

/** The process cannot end before. Called by the root hooks. */
export async function stopSharedBrokers(): Promise<void> {
  // One that failed to start has been told by the suites that wanted it.
  const brokers = await Promise.allSettled(shared.values());
  shared.clear();
  await Promise.all(brokers.map(broker => (broker.status === 'fulfilled' ? broker.value.stop() : undefined)));
}

function sharedBroker(system: System): Broker {
  let broker: EmbeddedBroker | undefined;
  before(async () => {
    const starting = shared.get(system) ?? startEmbedded(system);
    shared.set(system, starting);
    broker = await starting;
  });
  return {
    embedded: true,
    get address() {
      return running(system, broker).address;
    },
  };
}

function ownBroker(system: System): OwnBroker {
  let broker: EmbeddedBroker | undefined;
  let port: number | undefined;
  const stop = async () => {
    const stopping = broker;
    broker = undefined;
    await stopping?.stop();
  };
  const start = async () => {
    broker = await startEmbedded(system, port);
    port = broker.port;
  };
  let address = '';
  before(async () => {
    await start();
    address = running(system, broker).address;
  });
  after(stop);
  return {
    embedded: true,
    get address() {
      if (!address) running(system, undefined);
      return address;
    },
    stop,
    restart: async () => {
      await stop();
      await start();
    },
  };
}

function running(system: System, broker: EmbeddedBroker | undefined): EmbeddedBroker {
  if (broker) return broker;
  throw new Error(`the ${system} broker is not running yet: read its address in a hook or a test`);
}

export async function startEmbedded(system: System, port?: number): Promise<EmbeddedBroker> {
  // Not loaded where the brokers are real.
  const brokers = await import('@queuetrace/embedded-brokers');
  const starts: Record<System, StartBroker> = {
    kafka: brokers.startKafkaBroker,
    rabbitmq: brokers.startAmqpBroker,
    aws_sqs: brokers.startSqsServer,
  };
  return starts[system]({ port });
}

function realBroker(system: System): Broker {
  const { variable, fallback } = real[system];
  // KAFKA_BROKERS is a list; one bootstrap address is enough.
  const address = (process.env[variable] || fallback).split(',')[0].trim();
  before(async function () {
    if (await answers(address)) return;
    skipLoudly(this, `${system} does not answer at ${withoutCredentials(address)} (set ${variable})`);
  });
  return { address, embedded: false };
}

/** In CI a broker that cannot be had is a failure. */
export function skipLoudly(hook: Mocha.Context, reason: string): void {
  const problem = `NO REAL BROKER: ${reason}`;
  if (process.env.CI) throw new Error(problem);
  console.error(`\n*** ${problem}: the tests of this suite are SKIPPED ***\n`);
  hook.skip();
}

function toUrl(address: string): URL {
  return new URL(address.includes('://') ? address : `tcp://${address}`);
}

function withoutCredentials(address: string): string {
  return toUrl(address).host;
}

const defaultPorts: Record<string, number> = {
  'amqp:': 5672,
  'amqps:': 5671,
  'http:': 80,
  'https:': 443,
  'tcp:': 9092,
};

/** Whether somebody listens there. */
export function answers(address: string): Promise<boolean> {
  const { hostname, port, protocol } = toUrl(address);
  return new Promise(resolve => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || defaultPorts[protocol] });
    const done = (connected: boolean) => {
      socket.destroy();
      resolve(connected);
    };
    socket.setTimeout(REACHABLE_TIMEOUT_MS, () => done(false));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
