// Runs a task of the repository, as the very first command of a fresh clone too: installs and builds what is missing.
// Until it has installed, it runs on whatever Node.js the shell has: CommonJS and built-ins only.
'use strict';
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const stamp = path.join(root, 'node_modules', '.queuetrace-lock');

const tasks = {
  build: [],
  docs: ['node scripts/docs.cjs'],
  'test:collector': [
    "mocha --no-config --exit --timeout 60000 --require ./packages/test-utils/build/src/root-hooks.js 'packages/collector-kit-test/build/test/**/*.test.js'",
  ],
  'test:nodes': ['node scripts/test-nodes.cjs'],
  'test:library': ['node scripts/test-library.cjs'],
  'test:peers': ['node scripts/test-peers.cjs'],
  'test-all-versions': ['node test-all-versions/index.cjs'],
  'check:packages': ['node scripts/check-packages.cjs'],
  knip: ['knip'],
  lint: ['eslint .', 'prettier --check --log-level warn .', 'node scripts/docs.cjs --check'],
  test: ['mocha'],
  'test:real': ['node scripts/test-real.cjs'],
  interop: ["node scripts/test-real.cjs --no-config --exit --timeout 60000 'interop/build/test/**/*.test.js'"],
  bench: ['node packages/bench/build/src/index.js'],
  'bench:startup': ['node packages/bench/build/src/startup/index.js'],
  'bench:memory': ['node --expose-gc packages/bench/build/src/memory/index.js'],
  differential: ['node packages/differential/build/src/main.js'],
  soak: ['node --expose-gc packages/bench/build/src/soak/index.js'],
  demo: ['node packages/demo/build/src/index.js'],
};

/** One shell line; `node` and the binaries of node_modules come first on the PATH, as in every npm script. */
function run(line, args = []) {
  const env = { ...process.env, PATH: path.join(root, 'node_modules', '.bin') + path.delimiter + process.env.PATH };
  const quoted = args.map(arg => JSON.stringify(arg)).join(' ');
  const { status } = spawnSync(`${line} ${quoted}`.trim(), { cwd: root, env, shell: true, stdio: 'inherit' });
  if (status !== 0) process.exit(status || 1);
}

function install() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log('Installing dependencies (once)…');
  run('npm ci --ignore-scripts --no-audit --no-fund --loglevel=error');
  writeFileSync(stamp, lock);
}

const [task, ...args] = process.argv.slice(2);
if (!tasks[task]) {
  console.error(`Unknown task ${task}: one of ${Object.keys(tasks).join(', ')}`);
  process.exit(2);
}
install();
run('tsc --build');
if (existsSync(path.join(root, 'packages/register/bundle.cjs'))) run('node packages/register/bundle.cjs');
tasks[task].forEach((line, index, lines) => run(line, index === lines.length - 1 ? args : []));
