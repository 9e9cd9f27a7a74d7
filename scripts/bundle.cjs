// Bundles what a package publishes as one file; after `tsc --build`, and only when a source has changed.
'use strict';
const { existsSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');

/** What a bundle was made of, as the file system knows it: reading all of it would take longer than bundling. */
function stateOf(files) {
  return files.map(file => {
    const { mtimeMs, size } = statSync(path.join(root, file));
    return [file, mtimeMs, size];
  });
}

function isUpToDate(stamp, outfile) {
  if (![outfile, stamp].every(existsSync)) return false;
  const before = readFileSync(stamp, 'utf8');
  try {
    return before === JSON.stringify(stateOf(JSON.parse(before).map(([file]) => file)));
  } catch {
    return false; // A file that is no longer there.
  }
}

/**
 * @param entry the compiled file to begin with
 * @param outfile the bundle
 * @param prepare makes what is not compiled; gives back options of esbuild, and what else the bundle is made of
 */
exports.bundle = function bundle(entry, outfile, prepare = () => ({ madeOf: [] })) {
  const stamp = outfile.replace(/\.cjs$/, '.inputs.json');
  if (isUpToDate(stamp, outfile)) return;
  const { madeOf, ...options } = prepare();
  const { metafile } = require('esbuild').buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22.15',
    format: 'cjs',
    // Names stay: they are in the app's stack traces and profiles.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'eof',
    metafile: true,
    logLevel: 'warning',
    ...options,
  });
  const files = [...Object.keys(metafile.inputs), ...madeOf.map(file => path.relative(root, file))];
  const inputs = [...new Set(files)].filter(file => existsSync(path.join(root, file)));
  writeFileSync(stamp, JSON.stringify(stateOf(inputs)));
};
