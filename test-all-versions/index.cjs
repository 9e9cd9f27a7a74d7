// Our packages, as they would be published, with every supported minor of each client and each line of OpenTelemetry:
//   npm run test-all-versions [-- --sample] [-- kafkajs …]      --sample: of each client the first, a middle and the last
// Each app is run without us, with an SDK of its own and with the preload; what it exports is judged. docs/versions.json
// keeps the results of a full run, `npm run docs` writes the table of the README.
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const {
  startAmqpBroker,
  startKafkaBroker,
  startSqsServer,
} = require('../packages/embedded-brokers/build/src/index.js');
const { startOtlpReceiver, uniqueName } = require('../packages/test-utils/build/src/index.js');
const { pack, published } = require('../scripts/pack.cjs');
const { isTalkedTo, startBroker } = require('./brokers.cjs');
const { CHECKS } = require('./checks.cjs');
const { CLIENTS, LINES, versionsOf } = require('./versions.cjs');

const APPS = path.join(__dirname, 'apps');
const APP_OF = { kafkajs: 'kafkajs.cjs', amqplib: 'amqplib.cjs', '@aws-sdk/client-sqs': 'client-sqs.cjs' };
/** A hung app must not hang us. */
const KILL_AFTER_MS = 60_000;
const WAYS = { SDK: ['--require', '../sdk.cjs'], preload: ['--require', '@queuetrace/register'] };

function install(folder, packages) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error'];
  const { status, stderr } = spawnSync('npm', [...args, ...packages], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm install ${packages.join(' ')}\n${stderr}`);
}

const versionIn = (folder, name) =>
  JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;

/** Copies of the packages of which an app must have one. */
function copies(folder, name) {
  const found = readdirSync(folder, { recursive: true }).map(file => file.split(path.sep).join('/'));
  return found.filter(file => file.endsWith(`node_modules/${name}/package.json`)).length;
}

/** Below `work` are the clients, each in a folder of its own: they see the line's packages, and none of each other. */
function installLine(work, line, tarballs) {
  for (const name of ['node_modules', 'package-lock.json']) {
    rmSync(path.join(work, name), { recursive: true, force: true });
  }
  install(work, [`@opentelemetry/api@${line.api}`, `@opentelemetry/sdk-node@${line.node}`, ...tarballs]);
  const shared = ['@opentelemetry/api', '@opentelemetry/core', '@opentelemetry/instrumentation'];
  for (const name of shared) {
    const count = copies(work, name);
    if (count !== 1) throw new Error(`${count} copies of ${name} where ${JSON.stringify(line)} is installed`);
  }
  const [api, sdk, instrumentation] = shared.map(name => versionIn(work, name));
  return `API ${api}, SDK ${sdk}, instrumentation ${instrumentation}`;
}

function run(folder, app, nodeArgs, args, env = {}) {
  const plain = Object.entries(process.env).filter(([name]) => !name.startsWith('OTEL_') && name !== 'NODE_OPTIONS');
  return new Promise(resolve => {
    const child = spawn('node', [...nodeArgs, app, ...args], {
      cwd: folder,
      timeout: KILL_AFTER_MS,
      env: { ...Object.fromEntries(plain), KAFKAJS_NO_PARTITIONER_WARNING: '1', ...env },
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', text => (output[name] += text));
    child.on('close', code => resolve({ code, ...output }));
  });
}

/** What does not hold, by name. */
async function check(client, folder, way, broker, plain) {
  const receiver = await startOtlpReceiver();
  const name = uniqueName('orders');
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'none',
  };
  try {
    const app = path.join(folder, 'app.cjs');
    const traced = await run(folder, app, WAYS[way], [broker.address, name], env);
    const failed = Object.entries(CHECKS[client])
      .filter(([, holds]) => !holds({ spans: receiver.spans(), points: receiver.metrics() }, name))
      .map(([what]) => what);
    if (traced.code !== plain.code || traced.stdout !== plain.stdout) failed.unshift('as without us');
    if (failed.length > 0)
      console.error(
        traced.stdout + traced.stderr,
        receiver.spans().map(span => `${span.kind} ${span.name}`),
      );
    return failed;
  } finally {
    await receiver.stop();
  }
}

async function checkVersion({ client, version, folder }, broker, line) {
  const plain = await run(folder, path.join(folder, 'app.cjs'), [], [broker.address, uniqueName('plain')]);
  if (plain.code !== 0 || plain.stdout === '')
    throw new Error(`${client} ${version} does not run without us:\n${plain.stderr}`);
  const outcomes = {};
  for (const way of Object.keys(WAYS)) outcomes[way] = await check(client, folder, way, broker, plain);
  const told = Object.entries(outcomes).map(
    ([way, failed]) => `${way} ${failed.length ? `NOT ${failed.join(', ')}` : 'ok'}`,
  );
  console.log(`${client} ${version} · ${line}: ${told.join('; ')}`);
  return { line, outcomes };
}

async function checkAll(work, installed, brokers) {
  const tarballs = published.filter(({ name }) => !/doctor|bundler/.test(name)).map(({ folder }) => pack(folder, work));
  for (const line of LINES) {
    const name = installLine(work, line, tarballs);
    for (const one of installed) one.results.push(await checkVersion(one, brokers[one.client], name));
  }
}

async function main() {
  const { values, positionals } = parseArgs({ options: { sample: { type: 'boolean' } }, allowPositionals: true });
  const clients = CLIENTS.filter(name => !positionals.length || positionals.some(one => name.includes(one)));
  const work = mkdtempSync(path.join(tmpdir(), 'queuetrace-versions-'));
  const brokers = {};
  try {
    copyFileSync(path.join(APPS, 'sdk.cjs'), path.join(work, 'sdk.cjs'));
    const installed = clients.flatMap(client =>
      versionsOf(client, values.sample)
        .filter(version => canTalk(client, version))
        .map(version => installClient(work, client, version)),
    );
    for (const client of clients) brokers[client] = await startBroker(client);
    await checkAll(work, installed, brokers);
    const results = installed.map(({ client, version, results: all }) => ({ client, version, results: all }));
    if (!values.sample && !positionals.length) keep(results);
    tell(results);
  } finally {
    for (const broker of Object.values(brokers)) await broker.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

function canTalk(client, version) {
  const can = isTalkedTo(client, version);
  if (!can)
    console.error(`!! NOT TESTED: ${client} ${version}, which talks to a real SQS only (QUEUETRACE_BROKERS=real)`);
  return can;
}

function installClient(work, client, version) {
  const folder = path.join(work, `${path.basename(client)}-${version}`);
  install(folder, [`${client}@${version}`]);
  copyFileSync(path.join(APPS, APP_OF[client]), path.join(folder, 'app.cjs'));
  return { client, version, folder, results: [] };
}

function keep(results) {
  const file = path.resolve(__dirname, '../docs/versions.json');
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

function tell(results) {
  const outcomes = results.flatMap(({ results: all }) => all.flatMap(({ outcomes: one }) => Object.values(one)));
  const failed = outcomes.filter(one => one.length > 0).length;
  console.log(`\n${outcomes.length - failed} passed, ${failed} failed`);
  if (failed > 0 || outcomes.length === 0) process.exitCode = 1;
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
