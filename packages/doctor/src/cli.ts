#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { examine, type Finding } from './index';
import { VERSION } from './version';

const USAGE = `npx @queuetrace/doctor [folder] [options] [--run app.js [arguments]]

Says what queuetrace will trace of the app in a folder (default: this one), what not, and why.

  --run app.js …   run the app as well, with its telemetry sent to the doctor; what stands behind it is the app's
  --seconds <n>    how long it may run before it is sent SIGTERM (default 20)
  --as-is          run it without the preload: it starts queuetrace by itself
  --json           the findings as JSON
  --help, --version

Exit code: 0 all is well, 1 there is a problem, 2 the arguments are wrong.
`;

const MARKS = { fine: '✔', note: '–', problem: '✘' };

function parsed() {
  const given = process.argv.slice(2);
  const at = given.indexOf('--run');
  const { values, positionals } = parseArgs({
    args: at < 0 ? given : given.slice(0, at),
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '20' },
      'as-is': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      version: { type: 'boolean', default: false },
    },
  });
  const app = at < 0 ? undefined : given.slice(at + 1);
  if (positionals.length > 1) throw new Error(`one folder, not ${positionals.length}`);
  if (app?.length === 0) throw new Error('--run needs a file');
  if (!/^\d+$/.test(values.seconds)) throw new Error(`--seconds is "${values.seconds}"; allowed: a whole number`);
  return { ...values, folder: positionals[0] ?? '.', app };
}

function print(findings: readonly Finding[]): void {
  for (const { level, text, remedy } of findings) {
    console.log(`${MARKS[level]} ${text}`);
    if (remedy) console.log(`    ${remedy}`);
  }
  const count = findings.filter(({ level }) => level === 'problem').length;
  console.log(`\n${count === 0 ? 'No problem.' : `${count} ${count === 1 ? 'problem' : 'problems'}.`}`);
}

async function main(): Promise<void> {
  const { help, version, json, folder, app, seconds, 'as-is': asIs } = parsed();
  if (help) return console.log(USAGE);
  if (version) return console.log(VERSION);
  const run = app && { args: app, seconds: Number(seconds), asIs, stdout: json ? 2 : 1 };
  const findings = await examine({ folder, run });
  if (json) console.log(JSON.stringify(findings, undefined, 2));
  else print(findings);
  if (findings.some(({ level }) => level === 'problem')) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
});
