// The tests against real brokers: starts what is not up (scripts/brokers), runs mocha, stops what it started.
//   node scripts/test-real.cjs [--keep] [arguments of mocha…]      --keep: leave the brokers up
// A broker that cannot be had is said at both ends of the run and does not stop the other suites; in CI (the variable
// CI is set) it makes the run fail.
'use strict';
const { spawn } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const { KAFKA_PORT = '9092', RABBIT_PORT = '5672', SQS_PORT = '9324' } = process.env;

const brokers = [
  { name: 'kafka', variable: 'KAFKA_BROKERS', address: `127.0.0.1:${KAFKA_PORT}`, port: 9092 },
  { name: 'rabbitmq', variable: 'RABBITMQ_URL', address: `amqp://guest:guest@127.0.0.1:${RABBIT_PORT}`, port: 5672 },
  { name: 'sqs', variable: 'SQS_ENDPOINT', address: `http://127.0.0.1:${SQS_PORT}`, port: 80 },
];

const running = new Set();
let interrupted = false;

/** Runs a command to its end: its exit code and, with `pipe`, what it wrote (it is shown too, unless told not to). */
function run(command, args, { env = process.env, stdio = 'inherit', show = true } = {}) {
  return new Promise(resolve => {
    const output = [];
    const child = spawn(command, args, { cwd: root, env, stdio, shell: process.platform === 'win32' });
    const take = stream => data => {
      output.push(data);
      if (show) stream.write(data);
    };
    running.add(child);
    child.stdout?.on('data', take(process.stdout));
    child.stderr?.on('data', take(process.stderr));
    child.on('error', error => take(process.stderr)(`!! ${command}: ${error.message}\n`));
    child.on('close', code => {
      running.delete(child);
      resolve({ code: code ?? 1, output: output.join('') });
    });
  });
}

const scriptBrokers = (verb, names, show = true) =>
  run('bash', ['scripts/brokers', verb, ...names], { stdio: ['ignore', 'pipe', 'pipe'], show });

/** The first of the addresses of a broker, as a URL. */
const urlOf = address => new URL(address.includes('://') ? address : `tcp://${address.split(',')[0]}`);

/** Does anything answer there? */
function reachable(url, defaultPort) {
  return new Promise(resolve => {
    const socket = net.connect({ host: url.hostname, port: Number(url.port || defaultPort), timeout: 5000 });
    const end = answer => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
    socket.on('timeout', () => end(false));
  });
}

/** Makes one broker answer: what is missing about it (`reason`), and whether it was `started` here. */
async function provide(broker) {
  const given = process.env[broker.variable];
  if (given && given !== broker.address) {
    broker.address = given;
    const url = urlOf(given);
    if (await reachable(url, broker.port)) return;
    // Not the whole address, which may have a password in it.
    broker.reason = `nothing answers at ${url.host}, the host in ${broker.variable}`;
    return;
  }
  const status = await scriptBrokers('status', [broker.name], false);
  if (status.code === 0) process.stdout.write(status.output);
  if (status.code === 0 || interrupted) return;
  broker.started = true;
  const { code: failed, output } = await scriptBrokers('start', [broker.name]);
  // Another run was quicker: the broker is that run's to stop.
  if (output.includes('is up already')) broker.started = false;
  if (!failed) return;
  const reasons = output.split('\n').filter(line => line.startsWith('!! '));
  broker.reason = (reasons.at(-1) ?? '!! scripts/brokers start failed').slice(3);
}

function shout(missing) {
  const lines = [
    `NOT TESTED: ${missing.map(({ name }) => name).join(', ')}`,
    ...missing.map(({ name, reason }) => (reason.startsWith(`${name}: `) ? reason : `${name}: ${reason}`)),
  ];
  const bar = '!'.repeat(Math.min(120, Math.max(...lines.map(line => line.length)) + 4));
  console.error(['', bar, ...lines.map(line => `!! ${line}`), bar, ''].join('\n'));
}

function runMocha(args) {
  const bin = path.join(root, 'node_modules', '.bin');
  const env = {
    ...process.env,
    PATH: bin + path.delimiter + process.env.PATH,
    QUEUETRACE_BROKERS: 'real',
  };
  for (const { variable, address } of brokers) env[variable] = address;
  return run('mocha', args, { env });
}

async function main() {
  const args = process.argv.slice(2);
  const keep = args.includes('--keep');
  await Promise.all(brokers.map(provide));
  const missing = brokers.filter(({ reason }) => reason);
  if (missing.length && !interrupted) shout(missing);

  let code = 130;
  if (!interrupted) {
    ({ code } = await runMocha(args.filter(arg => arg !== '--keep')));
    if (missing.length) shout(missing);
    if (missing.length && process.env.CI && code === 0) code = 1;
  }

  const started = brokers.filter(broker => broker.started && (interrupted || !broker.reason)).map(({ name }) => name);
  if (started.length && !keep) await scriptBrokers('stop', started);
  process.exitCode = interrupted ? 130 : code;
}

// What runs is told to end, and what was started is still stopped. (Ctrl-C reaches the children by itself.)
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    interrupted = true;
    if (signal === 'SIGTERM') for (const child of running) child.kill(signal);
  });
}
main();
