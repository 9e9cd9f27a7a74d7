/** `npm run differential [-- <client> [text in the names of rows]]`: what differs, and what has no row. */
import { gapsOf } from './methods/unplayed';
import { compare } from './performances';
import { scripts } from './rows';
import type { Performance } from './script';

async function tellDifferences(client: string, text?: string): Promise<Performance> {
  const { plain, traced } = await compare(client, text);
  for (const { side, differences, spans } of traced) {
    const counts = `${plain.rows.length} rows, ${spans} spans, ${differences.length} differences`;
    console.log([`${client}, ${side}: ${counts}`, ...differences].join('\n  '));
    if (differences.length > 0) process.exitCode = 1;
  }
  return plain;
}

function tellGaps(plain: Readonly<Record<string, Performance>>): void {
  for (const [client, { methods, unplayed, excused, unknown }] of Object.entries(gapsOf(plain))) {
    console.log(`${client}: ${unplayed.length} of ${methods.length} public methods without a row`);
    for (const method of unplayed) console.log(`  ${method}`);
    for (const [method, reason] of Object.entries(excused)) console.log(`  left out: ${method}, ${reason}`);
    for (const name of unknown) console.log(`  not a public method: ${name}`);
    if (unplayed.length + unknown.length > 0) process.exitCode = 1;
  }
}

async function main([only, text]: string[]): Promise<void> {
  const plain: Record<string, Performance> = {};
  for (const client of only ? [only] : Object.keys(scripts)) plain[client] = await tellDifferences(client, text);
  if (!text) tellGaps(plain);
}

void main(process.argv.slice(2));
