// Bundles the preload into the one file build/register.cjs; after `tsc --build`, and only when a source has changed.
'use strict';
const { existsSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const folder = __dirname;
const inRoot = path.resolve(folder, '../..');
const outfile = path.join(folder, 'build/register.cjs');
const stamp = path.join(folder, 'build/register.inputs.json');

/** What a bundle was made of, as the file system knows it: reading all of it would take longer than bundling. */
function stateOf(files) {
  return files.map(file => {
    const { mtimeMs, size } = statSync(path.join(inRoot, file));
    return [file, mtimeMs, size];
  });
}

function isUpToDate() {
  if (!existsSync(outfile) || !existsSync(stamp)) return false;
  const before = readFileSync(stamp, 'utf8');
  try {
    return before === JSON.stringify(stateOf(JSON.parse(before).map(([file]) => file)));
  } catch {
    return false; // A file that is no longer there.
  }
}

if (!isUpToDate()) {
  const { metafile } = require('esbuild').buildSync({
    absWorkingDir: inRoot,
    entryPoints: [path.join(folder, 'build/src/register.js')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22.15',
    format: 'cjs',
    alias: {
      '@opentelemetry/api': path.join(folder, 'build/src/opentelemetry-api.js'),
      'bundled-opentelemetry-api': require.resolve('@opentelemetry/api').replace(/(@opentelemetry.api).*/, '$1'),
      debug: path.join(folder, 'no-debug.cjs'),
    },
    // Names stay: they are in the app's stack traces and profiles.
    minifyWhitespace: true,
    minifySyntax: true,
    inject: [path.join(folder, 'unref-timers.mjs')],
    legalComments: 'eof',
    metafile: true,
    logLevel: 'warning',
  });
  const inputs = [...Object.keys(metafile.inputs), path.relative(inRoot, __filename)];
  writeFileSync(stamp, JSON.stringify(stateOf(inputs.filter(file => existsSync(path.join(inRoot, file))))));
}
