import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { facts, FOLDER, writeFormatted, type Facts } from '../document';
import { plot } from './plot';
import type { Sample } from './sample';

interface Counts {
  confirmed: number;
  handled: number;
  failures: number;
  refused: number;
  connections: number;
  lost: number;
}

export interface SoakRun {
  minutes: number;
  brokers: string;
  rate: number;
  mode: string;
  faults: Readonly<Record<string, number>>;
  spans: { started: number; ended: number };
  loads: Readonly<Record<string, Counts>>;
  samples: readonly Sample[];
}

/** Before that, code is compiled and caches fill. */
const WARM_MINUTES = 5;
/** Rows of the table, of all samples. */
const ROWS = 30;

export async function publish(run: SoakRun, isForDocs: boolean): Promise<void> {
  const folder = isForDocs ? path.join(FOLDER, 'soak') : path.resolve(__dirname, '../../soak');
  mkdirSync(folder, { recursive: true });
  await writeFormatted(path.join(folder, 'run.json'), JSON.stringify({ ...facts(), ...run }));
  writeFileSync(path.join(folder, 'plot.svg'), plot(run.samples));
  console.log(`written: ${path.join(folder, 'run.json')}, plot.svg`);
  if (isForDocs) await writeFormatted(path.join(FOLDER, 'soak.md'), document(folder));
}

function document(folder: string): string {
  const { date, machine, versions, ...run } = JSON.parse(
    readFileSync(path.join(folder, 'run.json'), 'utf8'),
  ) as SoakRun & Facts;
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `# Soak

What stays in memory while an app works for long, with handlers that fail and a network that does: \`npm run soak -- --minutes ${run.minutes} --brokers ${run.brokers} --write\`. This page is made from its result, [soak/run.json](soak/run.json).

Messages go to Kafka and RabbitMQ at ${run.rate} a second each, to SQS at a fifth of that, and back to a handler in the same process; one handler in 50 fails, and its message comes again. Between the clients and each broker stands a proxy that resets or cuts connections, leaves them half-open, is slow or away. The heap is read after a garbage collection. Spans that are open and operations in memory are messages under way at that moment; the proxies are in the process too, so that handles and listeners move with what they do. The entries of our maps grow by one with each SQS delivery whose message was not deleted, up to a cap: it may still be.

${summary(run)}

![heap, handles, listeners, open spans, entries of our maps, over time](soak/plot.svg)

${date}, ${machine}, ${run.mode}; ${libraries.join(', ')}.
`;
}

/** Figures, as Markdown. */
export function summary({ samples, loads, faults, spans }: SoakRun): string {
  const all = Object.entries(faults).map(([name, count]) => `${count} × ${name}`);
  return [
    loadTable(loads),
    `Handled are more than confirmed where a broker has delivered again, or has kept what it could not confirm. Faults: ${all.join(', ')}. Spans: ${spans.started} started, ${spans.ended} ended.`,
    sampleTable(samples.filter((_, index) => isShown(index, samples.length))),
    growth(samples),
  ].join('\n\n');
}

function loadTable(loads: SoakRun['loads']): string {
  return table(
    ['broker', 'confirmed', 'handled', 'lost', 'handlers failed', 'requests failed', 'connections'],
    Object.entries(loads).map(([name, { confirmed, handled, lost, failures, refused, connections }]) => {
      return [name, confirmed, handled, lost, failures, refused, connections];
    }),
  );
}

function sampleTable(samples: readonly Sample[]): string {
  return table(
    [
      'minute',
      'heap MB',
      'RSS MB',
      'handles',
      'listeners',
      'open spans',
      'operations in memory',
      'entries of our maps',
    ],
    samples.map(({ minute, heapMb, rssMb, ...counts }) => [
      minute.toFixed(1),
      heapMb.toFixed(2),
      rssMb.toFixed(0),
      counts.handles,
      counts.listeners,
      counts.openSpans,
      counts.operations,
      counts.entries,
    ]),
  );
}

const isShown = (index: number, count: number) =>
  index === count - 1 || index % Math.max(1, Math.round(count / ROWS)) === 0;

/** Means of a minute's samples: one sample has whatever was under way just then. */
function growth(samples: readonly Sample[]): string {
  const last = samples.at(-1)?.minute ?? 0;
  if (last < WARM_MINUTES + 1) return `Too short to tell growth, which begins at minute ${WARM_MINUTES}.`;
  const meanAround = (minute: number) => {
    const near = samples.filter(sample => Math.abs(sample.minute - minute) <= 0.5);
    return near.reduce((sum, { heapMb }) => sum + heapMb, 0) / near.length;
  };
  const [before, after] = [meanAround(WARM_MINUTES), meanAround(last - 0.5)];
  return `The heap from minute ${WARM_MINUTES} to minute ${last.toFixed(0)}: ${before.toFixed(2)} to ${after.toFixed(2)} MB, ${(after - before).toFixed(2)} MB more (means of a minute's samples).`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '--:'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}
