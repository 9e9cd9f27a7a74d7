/** One mode's process: measures the case that it is told, and answers with CPU time. */
import { diag, DiagConsoleLogger, DiagLogLevel } from '@opentelemetry/api';
import { instrument } from '../instrument';
import { load } from '../library';
import type { Mode } from '../modes';
import type { Answer, Ask } from '../question';
import { installTelemetry } from '../telemetry';
import type { Case } from './case';

const mode = process.argv[2] as Mode;
const spans = installTelemetry(mode);
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.ERROR);
instrument(mode);

/** So many calls were found to take the time that was asked for. */
const callsOf = new Map<string, number>();
const MAX_MESSAGES = 30_000;
const WARM_UP_MS = 2000;

async function makeCases(): Promise<Map<string, Case>> {
  // Not before the instrumentations are there: these load the client libraries.
  const { kafkaCases } = load('./micro/kafka') as typeof import('./kafka');
  const { rabbitMqCases } = load('./micro/rabbitmq') as typeof import('./rabbitmq');
  const { sqsCases } = load('./micro/sqs') as typeof import('./sqs');
  const { sdkCases } = load('./micro/sdk') as typeof import('./sdk');
  const cases = [
    ...(await kafkaCases(mode)),
    ...sdkCases(mode),
    ...(await rabbitMqCases(mode)),
    ...(await sqsCases(mode)),
  ];
  return new Map(cases.map(one => [one.name, one]));
}

/**
 * The second of two turns, so that what the process did not need while the others worked is near again. What was left
 * by then is collected, but not all garbage that there is: with the last instance of a class V8 throws away what it has
 * compiled for it, and a service, where some are always there, does not compile all of it anew for each few calls.
 */
async function measureSettled(one: Case, calls: number) {
  await measure(one, calls);
  global.gc?.({ type: 'minor' });
  return measure(one, calls);
}

async function measure(one: Case, calls: number): Promise<{ cpuMs: number; spans: number }> {
  one.prepare?.(calls);
  const spansBefore = spans.ended;
  const before = process.cpuUsage();
  for (let index = 0; index < calls; index++) {
    const result = one.call(index);
    if (result) await result;
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, spans: spans.ended - spansBefore };
}

/**
 * How many calls take the time that was asked for; to find out is the warm-up. The clock of CPU time is coarse, so that
 * a measurement must not be short.
 */
async function warmUp(one: Case, targetMs: number): Promise<number> {
  // That of the cases before.
  global.gc?.();
  const most = one.fixedCalls ?? Math.max(1, Math.floor(MAX_MESSAGES / one.messages));
  let calls = one.fixedCalls ?? 1;
  for (let spentMs = 0; spentMs < WARM_UP_MS;) {
    const { cpuMs } = await measure(one, calls);
    spentMs += cpuMs;
    // Steps, since the first calls are slow.
    const factor = Math.min(4, Math.max(0.25, targetMs / Math.max(cpuMs, 1)));
    calls = Math.min(most, Math.max(1, Math.ceil(calls * factor)));
    if (calls === most && cpuMs < targetMs) spentMs += targetMs;
  }
  return calls;
}

async function answer(cases: Map<string, Case>, ask: Ask): Promise<Answer> {
  const one = cases.get(ask.case);
  if (!one) throw new Error(`no case ${ask.case}`);
  const calls = callsOf.get(ask.case) ?? (await warmUp(one, ask.targetMs));
  callsOf.set(ask.case, calls);
  const { cpuMs, spans } = await measureSettled(one, calls);
  return { perMessage: (cpuMs * 1e6) / (calls * one.messages), spans: spans / (calls * one.messages) };
}

void makeCases().then(cases => {
  process.on('message', (ask: Ask) => void answer(cases, ask).then(result => process.send!(result)));
  process.send!([...cases].map(([name, { messages }]) => ({ name, messages })));
});
