// Runs the loading tests of the preload with the apps on each supported version of Node.js, and prints what holds where.
'use strict';
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { folderOfNode } = require('./node-version.cjs');

const root = path.resolve(__dirname, '..');
/** The oldest that is supported, the latest 22, a 24 whose two kinds of loader hooks do not go together, ours, the latest 26. */
const VERSIONS = ['22.15.0', '22.23.3', '24.11.1', process.versions.node, '26.10.0'];

/** How each test came out, by its title: `-` is what Node.js itself cannot do. */
function run(version, args) {
  const folder = mkdtempSync(path.join(tmpdir(), 'queuetrace-nodes-'));
  const report = path.join(folder, 'report.json');
  const mocha = ['--no-config', '--timeout', '60000', '--reporter', 'json', '--reporter-option', `output=${report}`];
  const hooks = ['--require', './packages/test-utils/build/src/root-hooks.js'];
  try {
    spawnSync('mocha', [...mocha, ...hooks, ...args, 'packages/register/build/test/loading/**/*.test.js'], {
      cwd: root,
      env: { ...process.env, QUEUETRACE_NODE: version },
      stdio: 'ignore',
      shell: process.platform === 'win32',
    });
    const { passes, failures, pending } = JSON.parse(readFileSync(report, 'utf8'));
    for (const { fullTitle, err } of failures) console.error(`\nNode.js ${version}: ${fullTitle}\n${err.stack}`);
    const outcomes = { yes: passes, NO: failures, '-': pending };
    return new Map(
      Object.entries(outcomes).flatMap(([mark, tests]) => tests.map(({ fullTitle }) => [fullTitle, mark])),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const results = new Map();
for (const version of VERSIONS) {
  if (version !== process.versions.node) folderOfNode(version);
  results.set(version, run(version === process.versions.node ? '' : version, process.argv.slice(2)));
}
const titles = [...new Set([...results.values()].flatMap(result => [...result.keys()]))];
const width = Math.max(...titles.map(title => title.length));
const row = (title, cells) => console.log([title.padEnd(width), ...cells.map(cell => cell.padEnd(8))].join('  '));
row('', [...results.keys()]);
for (const title of titles)
  row(
    title,
    [...results.values()].map(result => result.get(title) ?? ''),
  );
const all = [...results.values()].flatMap(result => [...result.values()]);
const count = mark => all.filter(one => one === mark).length;
console.log(`\n${count('yes')} passed, ${count('NO')} failed, ${count('-')} skipped`);
if (count('NO') > 0 || count('yes') === 0) process.exitCode = 1;
