// Runs the client tests with the public instrumentations in ours' place. What fails there shows that a test can fail, and
// is the comparison of the README: docs/peers.json keeps it, `npm run docs` writes the table.
'use strict';
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const CLIENTS = {
  'instrumentation-kafkajs': '@opentelemetry/instrumentation-kafkajs',
  'instrumentation-amqplib': '@opentelemetry/instrumentation-amqplib',
  'instrumentation-aws-sdk-client-sqs': '@opentelemetry/instrumentation-aws-sdk',
};
/** A hung test file of a peer must not hang us. */
const KILL_AFTER_MS = 600_000;

function run(folder, args, timeoutMs, env) {
  const work = mkdtempSync(path.join(tmpdir(), 'queuetrace-peers-'));
  const report = path.join(work, 'report.json');
  const mocha = [
    '--no-config',
    '--exit',
    '--timeout',
    String(timeoutMs),
    '--reporter',
    'json',
    '--reporter-option',
    `output=${report}`,
  ];
  const hooks = ['--require', './packages/test-utils/build/src/root-hooks.js'];
  try {
    spawnSync('mocha', [...mocha, ...args, ...hooks, `packages/${folder}/build/test/**/*.test.js`], {
      cwd: root,
      timeout: KILL_AFTER_MS,
      stdio: 'ignore',
      env: { ...process.env, ...env },
    });
    return JSON.parse(readFileSync(report, 'utf8'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const titles = tests => tests.map(({ fullTitle }) => fullTitle).sort();
/** A defect of theirs is named by its number; one of yet others, known from their source, by their name. */
const numbered = /\b[KAS]\d+\b/;
const others = /\b(Datadog|Elastic|Instana|New Relic|Sentry): /;

function compare([folder, peer]) {
  const ours = run(folder, [], 60_000, {});
  // Many wait there for what does not come.
  const theirs = run(folder, ['--require', './scripts/peers.cjs'], 8_000, { QUEUETRACE_MAX_WAIT_MS: '1500' });
  const tests = ours.stats.tests - ours.stats.pending;
  console.log(`\n${folder}: ours ${ours.stats.passes} of ${tests}; ${peer} ${theirs.stats.passes}`);
  tell('numbered defects, which fail there', titles(theirs.failures), numbered);
  const missed = titles(theirs.passes).filter(title => numbered.test(title));
  if (missed.length > 0) tell('NUMBERED DEFECTS THAT PASS THERE: they show nothing', missed, numbered);
  tell('defects of other instrumentations, which were read in their source', titles(ours.passes), others);
  if (ours.stats.passes !== tests || missed.length > 0) process.exitCode = 1;
  const { version } = JSON.parse(readFileSync(path.join(root, 'node_modules', peer, 'package.json'), 'utf8'));
  return {
    client: `@queuetrace/${folder}`,
    peer: `${peer} ${version}`,
    tests,
    ours: ours.stats.passes,
    theirs: theirs.stats.passes,
    failsThere: titles(theirs.failures),
  };
}

function tell(what, all, pattern) {
  const found = all.filter(title => pattern.test(title));
  if (found.length > 0) console.log([`  ${what}:`, ...found].join('\n    '));
}

// All clients, or those that are named: `npm run test:peers -- kafkajs`.
const names = process.argv.slice(2);
const isMeant = ([folder]) => names.length === 0 || names.some(name => folder.includes(name));
const file = path.join(root, 'docs/peers.json');
mkdirSync(path.dirname(file), { recursive: true });
const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
const results = Object.entries(CLIENTS).map(one =>
  isMeant(one) ? compare(one) : known.find(({ client }) => client === `@queuetrace/${one[0]}`),
);
writeFileSync(file, `${JSON.stringify(results.filter(Boolean), null, 2)}\n`);
