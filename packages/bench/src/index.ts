/** `npm run bench`: what instrumentation costs, in CPU time. A benchmark asserts nothing about time. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { publish } from './document';
import { realBrokers, startEmbeddedBrokers } from './macro/brokers';
import { MODES, type Mode } from './modes';
import { toText, type CaseResult } from './report';
import { runCases, type RunOptions } from './run';

const OPTIONS = {
  macro: { type: 'boolean', default: false },
  brokers: { type: 'string', default: 'embedded' },
  only: { type: 'string' },
  modes: { type: 'string' },
  rounds: { type: 'string', default: '12' },
  processes: { type: 'string', default: '2' },
  'target-ms': { type: 'string', default: '40' },
  json: { type: 'string' },
  write: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof read>;
const read = () => parseArgs({ options: OPTIONS }).values;

async function main(): Promise<void> {
  const values = read();
  const results = values.macro ? await macro(values) : await micro(values);
  console.log(results.map(toText).join('\n\n'));
  if (values.json) writeFileSync(values.json, JSON.stringify(results, undefined, 2));
  if (values.write) await publish(values.macro ? `macro-${values.brokers}` : 'micro', results, !values.only);
}

function micro(values: Values): Promise<CaseResult[]> {
  return runCases({ ...shared(values), worker: path.join(__dirname, 'micro/worker.js'), unit: 'ns' });
}

async function macro(values: Values): Promise<CaseResult[]> {
  if (values.brokers !== 'embedded' && values.brokers !== 'real') {
    throw new Error(`--brokers is "${values.brokers}"; allowed: embedded, real`);
  }
  const embedded = values.brokers === 'embedded' ? await startEmbeddedBrokers() : undefined;
  const addresses = embedded?.addresses ?? realBrokers();
  const worker = path.join(__dirname, 'macro/worker.js');
  try {
    return await runCases({ ...shared(values), worker, args: [JSON.stringify(addresses)], unit: 'µs' });
  } finally {
    embedded?.stop();
  }
}

function shared(values: Values): Omit<RunOptions, 'worker' | 'unit'> {
  return {
    only: values.only,
    modes: modesOf(values.modes),
    rounds: Number(values.rounds),
    processes: Number(values.processes),
    targetMs: Number(values['target-ms']),
    tell: line => process.stderr.write(`${line}\n`),
  };
}

/** The two that all others are held against are always there. */
function modesOf(list: string | undefined): readonly Mode[] {
  const asked = list?.split(',').map(one => one.trim());
  const unknown = asked?.filter(one => !MODES.includes(one as Mode));
  if (unknown?.length) throw new Error(`--modes has ${unknown.join(', ')}; allowed: ${MODES.join(', ')}`);
  return MODES.filter(mode => !asked || mode === 'none' || mode === 'by hand' || asked.includes(mode));
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
