import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runApp, startOtlpReceiver } from '@queuetrace/test-utils';
import type { Performance } from './script';

/** Where `@queuetrace/register` is resolved from. */
const PACKAGE = path.resolve(__dirname, '../..');
const PLAY = path.join(PACKAGE, 'build/src/play.js');
const folder = mkdtempSync(path.join(tmpdir(), 'differential-'));

interface Options {
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const everythingOn = {
  OTEL_SEMCONV_STABILITY_OPT_IN: 'messaging/dup',
  OTEL_INSTRUMENTATION_MESSAGING_PRODUCER_SPANS: 'message',
  OTEL_INSTRUMENTATION_MESSAGING_SETTLE_SPANS: 'all',
  OTEL_INSTRUMENTATION_MESSAGING_HEADERS_INCLUDED: '*',
  OTEL_INSTRUMENTATION_MESSAGING_BODY_SIZE: 'true',
};

interface Comparison {
  readonly plain: Performance;
  readonly traced: readonly { side: string; differences: readonly string[]; spans: number }[];
}

/** The rows of a client, those with a text in their name if one is given, played plain and traced. */
export async function compare(client: string, rows = ''): Promise<Comparison> {
  const plain = perform(client, rows, 'plain');
  const traced = Object.entries({ traced: {}, 'traced with everything on': everythingOn }).map(async ([side, env]) => {
    const receiver = await startOtlpReceiver();
    try {
      const nodeArgs = ['--require', '@queuetrace/register'];
      const options = { nodeArgs, env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env } };
      const performance = await perform(client, rows, side, options);
      return { side, differences: differences(await plain, performance), spans: receiver.spans().length };
    } finally {
      await receiver.stop();
    }
  });
  return { plain: await plain, traced: await Promise.all(traced) };
}

/** In a process of its own. */
async function perform(client: string, rows: string, side: string, options: Options = {}): Promise<Performance> {
  const file = path.join(folder, `${client.replace('/', '-')}-${side}.json`);
  const { code, stdout, stderr } = await runApp(PLAY, {
    ...options,
    args: [client, file, rows],
    cwd: PACKAGE,
    killAfterMs: 300_000,
  });
  if (code !== 0) throw new Error(`${client}, ${side}, ended with ${code}:\n${stdout}\n${stderr}`);
  return JSON.parse(readFileSync(file, 'utf8')) as Performance;
}

/** As much of a difference as is printed. */
const SHOWN = 600;

/** What differs, in words. */
function differences(plain: Performance, traced: Performance): string[] {
  const rows = plain.rows.flatMap((row, index) =>
    linesThatDiffer(`row ${row.name}`, row.events, traced.rows[index]?.events ?? []),
  );
  const destinations = new Set([...Object.keys(plain.wire), ...Object.keys(traced.wire)]);
  const wire = [...destinations].flatMap(name =>
    linesThatDiffer(`wire, ${name}`, plain.wire[name] ?? [], traced.wire[name] ?? []),
  );
  return [...rows, ...wire];
}

function linesThatDiffer(where: string, plain: readonly string[], traced: readonly string[]): string[] {
  const count = Math.max(plain.length, traced.length);
  const first = Array.from({ length: count }, (_, index) => index).find(index => plain[index] !== traced[index]);
  return first === undefined
    ? []
    : [
        `${where}, line ${first}\n  plain:  ${plain[first]?.slice(0, SHOWN)}\n  traced: ${traced[first]?.slice(0, SHOWN)}`,
      ];
}
