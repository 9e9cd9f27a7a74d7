// Runs a library's own suite, from a checkout of its repository, as it is and with the preload. What newly fails there is
// a defect of ours, unless the test compares all the headers of a message.
//   npm run test:library -- <checkout of amqplib>          RABBITMQ_URL: its broker, by default the local one
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const { cpSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { startOtlpReceiver } = require('../packages/test-utils');

const { RABBITMQ_URL = 'amqp://guest:guest@127.0.0.1:5672' } = process.env;

/** What of a library's development dependencies its tests need, how they run and tell by TAP, and where their broker is. */
const SUITES = {
  amqplib: {
    needs: ['claire@0.4.1'],
    command: 'node --test --test-timeout=20000 --test-reporter=tap test/*.test.js',
    env: { URL: RABBITMQ_URL },
  },
};

/** A copy in a `node_modules`, where an app has it. */
function install(checkout, name, needs) {
  const work = mkdtempSync(path.join(tmpdir(), 'queuetrace-library-'));
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', work, ...needs], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('npm install failed');
  const folder = path.join(work, 'node_modules', name);
  cpSync(checkout, folder, { recursive: true, filter: from => path.basename(from) !== '.git' });
  return { work, folder };
}

function runSuite(cwd, command, env) {
  return new Promise(resolve => {
    const child = spawn(command, {
      cwd,
      shell: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let tap = '';
    child.stdout.on('data', data => (tap += data));
    child.on('close', () => resolve(readTap(tap)));
  });
}

const INDENT = 4;

/** How many tests there are, and the paths of those that failed. */
function readTap(tap) {
  const parents = [];
  const failed = [];
  let count = 0;
  for (const line of tap.split('\n')) {
    const depth = line.search(/\S/) / INDENT;
    const [, subtest] = /^ *# Subtest: (.*)/.exec(line) ?? [];
    if (subtest) parents[depth] = subtest;
    const [, not] = /^ *(not )?ok \d+/.exec(line) ?? [];
    if (/^ *(not )?ok \d+/.test(line)) count++;
    if (not) failed.push(parents.slice(0, depth + 1).join(' > '));
  }
  return { count, failed };
}

async function main([checkout]) {
  const { name, version } = JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8'));
  const { needs, command, env } = SUITES[name];
  const { work, folder } = install(path.resolve(checkout), name, needs);
  const receiver = await startOtlpReceiver();
  try {
    const preload = require.resolve('../packages/register/build/register.cjs');
    const traced = { NODE_OPTIONS: `--require ${preload}`, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    const before = await runSuite(folder, command, env);
    const after = await runSuite(folder, command, { ...env, ...traced });
    const news = after.failed.filter(test => !before.failed.includes(test));
    console.log(
      `${name} ${version}: of ${before.count} tests and suites ${before.failed.length} fail without the preload`,
    );
    for (const test of before.failed) console.log(`  ${test}`);
    console.log(`with it, of ${after.count}, ${news.length} more; ${receiver.spans().length} spans`);
    for (const test of news) console.log(`  ${test}`);
    if (news.length > 0 || after.count !== before.count || receiver.spans().length === 0) process.exitCode = 1;
  } finally {
    await receiver.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

main(process.argv.slice(2));
