/**
 * `npm run soak -- --minutes 30 --brokers real`: steady load on the three brokers, with handlers that fail and a network
 * that does; what is in memory meanwhile, and whether any message was lost. Nothing is asserted but that.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { instrument } from '../instrument';
import { realBrokers, startEmbeddedBrokers } from '../macro/brokers';
import { installTelemetry } from '../telemetry';
import { publish, summary, type SoakRun } from './document';
import { startFaults } from './faults';
import { kafkaLoad } from './kafka';
import type { Load } from './load';
import { rabbitMqLoad } from './rabbitmq';
import { sampler, type Sample } from './sample';
import { sqsLoad } from './sqs';

const OPTIONS = {
  minutes: { type: 'string', default: '1' },
  brokers: { type: 'string', default: 'embedded' },
  /** Messages a second and broker; SQS, where each takes three requests, gets a fifth. */
  rate: { type: 'string', default: '50' },
  /** Without instrumentation, to compare. */
  plain: { type: 'boolean', default: false },
  /** Makes docs/soak.md anew. */
  write: { type: 'boolean', default: false },
} as const;

const TICK_MS = 100;
const SQS_SHARE = 0.2;
const DRAIN_MS = 60_000;
const minutesSince = (startMs: number) => (performance.now() - startMs) / 60_000;

async function main(): Promise<void> {
  const { minutes, brokers, rate, plain, write } = parseArgs({ options: OPTIONS }).values;
  if (brokers !== 'embedded' && brokers !== 'real')
    throw new Error(`--brokers is "${brokers}"; allowed: embedded, real`);
  const mode = plain ? 'none' : 'ours with metrics';
  const spans = installTelemetry(mode);
  const take = sampler(spans, instrument(mode));
  const embedded = brokers === 'embedded' ? await startEmbeddedBrokers() : undefined;
  const addresses = embedded?.addresses ?? realBrokers();
  const loads = {
    kafka: await kafkaLoad(addresses.kafka),
    rabbitmq: await rabbitMqLoad(addresses.rabbitmq),
    sqs: await sqsLoad(addresses.sqs),
  };
  const samples = await soak(loads, Number(minutes), Number(rate), take);
  await Promise.all(Object.values(loads).map(load => load.stop()));
  embedded?.stop();
  const run: SoakRun = {
    minutes: Number(minutes),
    brokers,
    rate: Number(rate),
    mode,
    faults: samples.faults,
    spans: { started: spans.started, ended: spans.ended },
    loads: Object.fromEntries(Object.entries(loads).map(([name, load]) => [name, countsOf(load)])),
    samples: samples.taken,
  };
  console.log(summary(run));
  await publish(run, write);
  const lost = Object.values(run.loads).reduce((sum, one) => sum + one.lost, 0);
  if (lost > 0) throw new Error(`${lost} messages are lost`);
}

const countsOf = ({ proxy, ledger }: Load) => ({
  confirmed: ledger.confirmed,
  handled: ledger.handled,
  lost: ledger.outstanding,
  failures: ledger.failures,
  refused: ledger.refused,
  connections: proxy.opened,
});

type Loads = Readonly<Record<'kafka' | 'rabbitmq' | 'sqs', Load>>;

async function soak(loads: Loads, minutes: number, rate: number, take: ReturnType<typeof sampler>) {
  const all = Object.values(loads);
  const everyMs = Math.min(15_000, minutes * 2_000);
  const faults = startFaults(
    all.map(({ proxy }) => proxy),
    { everyMs, lastsMs: everyMs / 3 },
  );
  const sending = startSending(loads, rate);
  const taken: Sample[] = [];
  const startMs = performance.now();
  const handled = () => all.reduce((sum, { ledger }) => sum + ledger.handled, 0);
  const tell = async () => {
    const sample = await take(minutesSince(startMs), handled());
    taken.push(sample);
    console.log(told(sample));
  };
  while (minutesSince(startMs) < minutes) {
    await delay(Math.min(20_000, minutes * 2_000));
    await tell();
  }
  sending.stop();
  await faults.stop();
  for (let waitedMs = 0; waitedMs < DRAIN_MS && all.some(({ ledger }) => ledger.outstanding > 0); waitedMs += 500)
    await delay(500);
  await delay(3000);
  await tell();
  return { taken, faults: faults.counts };
}

/** As many as are due by now, so that a busy machine sends no fewer. */
function startSending({ kafka, rabbitmq, sqs }: Loads, rate: number): { stop(): void } {
  const perTick = (rate * TICK_MS) / 1000;
  const due = [
    { load: kafka, perTick, owed: 0 },
    { load: rabbitmq, perTick, owed: 0 },
    { load: sqs, perTick: perTick * SQS_SHARE, owed: 0 },
  ];
  const timer = setInterval(() => {
    for (const one of due) for (one.owed += one.perTick; one.owed >= 1; one.owed--) one.load.send();
  }, TICK_MS);
  return { stop: () => clearInterval(timer) };
}

function told({ minute, heapMb, rssMb, handles, listeners, openSpans, operations, entries, handled }: Sample): string {
  return [
    `${minute.toFixed(1)} min`,
    `heap ${heapMb.toFixed(2)} MB`,
    `rss ${rssMb.toFixed(0)} MB`,
    `${handles} handles`,
    `${listeners} listeners`,
    `${openSpans} open spans`,
    `${operations} operations`,
    `${entries} entries`,
    `${handled} handled`,
  ].join(', ');
}

main().then(
  () => process.exit(0),
  error => {
    console.error(error);
    process.exit(1);
  },
);
