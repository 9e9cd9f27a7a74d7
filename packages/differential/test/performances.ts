import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runApp } from '@queuetrace/test-utils';
import type { Performance } from '../src';

/** Where `@queuetrace/register` is resolved from. */
const PACKAGE = path.resolve(__dirname, '../..');
const PLAY = path.join(PACKAGE, 'build/src/play.js');
const folder = mkdtempSync(path.join(tmpdir(), 'differential-'));

interface Options {
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** All rows of a client, in a process of their own. */
export async function perform(client: string, side: string, options: Options = {}): Promise<Performance> {
  const file = path.join(folder, `${client.replace('/', '-')}-${side}.json`);
  const { code, stdout, stderr } = await runApp(PLAY, {
    ...options,
    args: [client, file],
    cwd: PACKAGE,
    killAfterMs: 300_000,
  });
  if (code !== 0) throw new Error(`${client}, ${side}, ended with ${code}:\n${stdout}\n${stderr}`);
  return JSON.parse(readFileSync(file, 'utf8')) as Performance;
}

/** As much of a difference as is printed. */
const SHOWN = 600;

/** What differs, in words. */
export function differences(plain: Performance, traced: Performance): string[] {
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
