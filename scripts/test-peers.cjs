// Runs the client tests with the public instrumentations in ours' place. What fails there shows that a test can fail, and
// is the comparison of the README: docs/peers.json keeps it, `npm run docs` writes the table.
'use strict';
const { spawnSync } = require('node:child_process');
const { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
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

function run(folder, args) {
  const work = mkdtempSync(path.join(tmpdir(), 'queuetrace-peers-'));
  const report = path.join(work, 'report.json');
  const mocha = [
    '--no-config',
    '--exit',
    '--timeout',
    '8000',
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
      env: { ...process.env, QUEUETRACE_MAX_WAIT_MS: '1500' },
    });
    return JSON.parse(readFileSync(report, 'utf8'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const titles = tests => tests.map(({ fullTitle }) => fullTitle);
const results = Object.entries(CLIENTS).map(([folder, peer]) => {
  const ours = run(folder, []);
  const theirs = run(folder, ['--require', './scripts/peers.cjs']);
  console.log(
    `${folder}: ours ${ours.stats.passes} of ${ours.stats.tests - ours.stats.pending}; ${peer} ${theirs.stats.passes} of ${theirs.stats.tests - theirs.stats.pending}`,
  );
  const { version } = JSON.parse(readFileSync(path.join(root, 'node_modules', peer, 'package.json'), 'utf8'));
  return {
    client: `@queuetrace/${folder}`,
    peer: `${peer} ${version}`,
    tests: ours.stats.tests - ours.stats.pending,
    ours: ours.stats.passes,
    theirs: theirs.stats.passes,
    failsThere: titles(theirs.failures).sort(),
  };
});
mkdirSync(path.join(root, 'docs'), { recursive: true });
writeFileSync(path.join(root, 'docs/peers.json'), `${JSON.stringify(results, null, 2)}\n`);
// A defect of theirs is named by its number; a test of one that passes there shows nothing.
const numbered = /\b[KAS]\d+\b/;
for (const { client, failsThere, ours, tests } of results) {
  console.log(`\n${client}: tests of numbered defects that fail there`);
  for (const title of failsThere.filter(one => numbered.test(one))) console.log(`  ${title}`);
  if (ours !== tests) process.exitCode = 1;
}
