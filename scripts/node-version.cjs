// Other versions of Node.js, for the tests that start apps: installed from the registry, kept for the next time.
'use strict';
const { execFileSync } = require('node:child_process');
const { existsSync, mkdirSync, writeFileSync } = require('node:fs');
const { homedir } = require('node:os');
const path = require('node:path');

const cache = path.join(homedir(), '.cache/queuetrace-nodes');
/** Packages that hold nothing but the binary. */
const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** The folder that has the `node` of this version. */
exports.folderOfNode = function folderOfNode(version) {
  const folder = path.join(cache, version);
  const bin = path.join(folder, 'node_modules', name, 'bin');
  if (existsSync(bin)) return bin;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${version}`], {
    cwd: folder,
    shell: process.platform === 'win32',
  });
  return bin;
};
