/** One mode's process, with clients of its own on the brokers: measures the case that it is told. */
import { instrument } from '../instrument';
import { load } from '../library';
import type { Mode } from '../modes';
import type { Answer, Ask } from '../question';
import { installTelemetry } from '../telemetry';
import type { Addresses, MacroCase } from './case';

const mode = process.argv[2] as Mode;
const addresses = JSON.parse(process.argv[3]) as Addresses;
const spans = installTelemetry(mode);
instrument(mode);

const WARM_UPS = 3;
/** With fewer, what is measured is the compiler, which costs an instrumented client more: it has more to compile. */
const WARM_UP_MESSAGES = 5000;
const warm = new Set<string>();

async function makeCases(): Promise<Map<string, MacroCase>> {
  // Not before the instrumentations are there: these load the client libraries.
  const { kafkaCases } = load('./macro/kafka') as typeof import('./kafka');
  const { rabbitMqCases } = load('./macro/rabbitmq') as typeof import('./rabbitmq');
  const { sqsCases } = load('./macro/sqs') as typeof import('./sqs');
  const cases = [
    ...(await kafkaCases(mode, addresses.kafka)),
    ...(await rabbitMqCases(mode, addresses.rabbitmq)),
    ...(await sqsCases(mode, addresses.sqs)),
  ];
  return new Map(cases.map(one => [one.name, one]));
}

/** As over stubbed clients. */
async function measureSettled(one: MacroCase): Promise<Answer> {
  await measure(one);
  global.gc?.({ type: 'minor' });
  return measure(one);
}

async function measure(one: MacroCase): Promise<Answer> {
  await one.prepare?.();
  const spansBefore = spans.ended;
  const startedAtMs = performance.now();
  const before = process.cpuUsage();
  await one.run();
  // What a handler's end still sets off.
  await new Promise(setImmediate);
  const { user, system } = process.cpuUsage(before);
  const elapsed = one.isTimed ? ((performance.now() - startedAtMs) * 1000) / one.messages : undefined;
  return { perMessage: (user + system) / one.messages, elapsed, spans: (spans.ended - spansBefore) / one.messages };
}

async function answer(cases: Map<string, MacroCase>, ask: Ask): Promise<Answer> {
  const one = cases.get(ask.case)!;
  if (!warm.has(ask.case)) await warmUp(one);
  warm.add(ask.case);
  return measureSettled(one);
}

async function warmUp(one: MacroCase): Promise<void> {
  // The garbage of the cases before.
  global.gc?.();
  const rounds = Math.max(WARM_UPS, WARM_UP_MESSAGES / one.messages);
  for (let round = 0; round < rounds; round++) await measure(one);
}

void makeCases().then(cases => {
  process.on('message', (ask: Ask) => void answer(cases, ask).then(result => process.send!(result)));
  process.send!([...cases].map(([name, { messages }]) => ({ name, messages })));
});
