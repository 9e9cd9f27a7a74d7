// Runs a library's own suite, from a checkout of its repository, as it is and with the preload. What newly fails there is
// a defect of ours, unless the test compares all the headers of a message.
//   npm run test:library -- <checkout of amqplib or sqs-consumer>      RABBITMQ_URL, SQS_ENDPOINT: by default local ones
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const { cpSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { startOtlpReceiver } = require('../packages/test-utils');

const { RABBITMQ_URL = 'amqp://guest:guest@127.0.0.1:5672', SQS_ENDPOINT = 'http://127.0.0.1:9324' } = process.env;

/** What of a library's development dependencies its tests need, how they run and tell, and where their broker is. */
const SUITES = {
  amqplib: {
    needs: ['claire@0.4.1'],
    command: 'node --test --test-timeout=20000 --test-reporter=tap test/*.test.js',
    env: { URL: RABBITMQ_URL },
    read: readTap,
  },
  // Its features; its unit tests are of a client that is none. They know their endpoint, port 9324, themselves.
  'sqs-consumer': {
    needs: ['@cucumber/cucumber@12', 'p-event@7', 'sqs-producer@8'],
    command: 'node ../@cucumber/cucumber/bin/cucumber.js --config test/config/cucumber.mjs --format json',
    env: {},
    read: readCucumber,
    prepare: () => createQueue('sqs-consumer-data'),
  },
};

function createQueue(QueueName) {
  const headers = { 'x-amz-target': 'AmazonSQS.CreateQueue', 'content-type': 'application/x-amz-json-1.0' };
  const body = JSON.stringify({ QueueName, Attributes: { VisibilityTimeout: '30' } });
  return fetch(SQS_ENDPOINT, { method: 'POST', headers, body });
}

/** As published, in a `node_modules`, where an app has it, with its tests. */
function install(checkout, name, version, needs) {
  const work = mkdtempSync(path.join(tmpdir(), 'queuetrace-library-'));
  const packages = [`${name}@${version}`, ...needs];
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', work, ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('npm install failed');
  const folder = path.join(work, 'node_modules', name);
  cpSync(path.join(checkout, 'test'), path.join(folder, 'test'), { recursive: true });
  return { work, folder };
}

function runSuite(cwd, { command, read }, env) {
  return new Promise(resolve => {
    const child = spawn(command, {
      cwd,
      shell: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    child.stdout.on('data', data => (told += data));
    child.on('close', () => resolve(read(told)));
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

/** The same of scenarios, as JSON. */
function readCucumber(told) {
  const features = JSON.parse(told.slice(told.indexOf('[')));
  const scenarios = features.flatMap(({ name, elements }) =>
    elements.map(scenario => ({ path: `${name} > ${scenario.name}`, steps: scenario.steps })),
  );
  const hasFailed = ({ steps }) => steps.some(({ result }) => result.status !== 'passed');
  return { count: scenarios.length, failed: scenarios.filter(hasFailed).map(({ path }) => path) };
}

async function main([checkout]) {
  const { name, version } = JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8'));
  const suite = SUITES[name];
  const { work, folder } = install(path.resolve(checkout), name, version, suite.needs);
  const receiver = await startOtlpReceiver();
  try {
    const preload = require.resolve('../packages/register/build/register.cjs');
    const traced = { NODE_OPTIONS: `--require ${preload}`, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    await suite.prepare?.();
    const before = await runSuite(folder, suite, suite.env);
    const after = await runSuite(folder, suite, { ...suite.env, ...traced });
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
