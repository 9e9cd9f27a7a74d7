// The packages that are published, and each as the file that would be.
'use strict';
const { execFileSync } = require('node:child_process');
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');

const packages = path.resolve(__dirname, '../packages');

exports.published = readdirSync(packages)
  .map(name => path.join(packages, name))
  .filter(folder => existsSync(path.join(folder, 'package.json')))
  .map(folder => ({ folder, ...JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) }))
  .filter(({ private: isPrivate }) => !isPrivate);

/** The path of the tarball. */
exports.pack = function pack(folder, into) {
  const out = execFileSync('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', into], {
    cwd: folder,
    encoding: 'utf8',
  });
  return path.join(into, Object.values(JSON.parse(out))[0].filename.replaceAll('/', '-').replace('@', ''));
};
