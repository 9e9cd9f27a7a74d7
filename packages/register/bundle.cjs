// Bundles the preload into build/register.cjs, and what reads configuration files into build/configuration-file.cjs, which
// is loaded only where there is one; after `tsc --build`, and only when a source has changed.
'use strict';
const { existsSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const folder = __dirname;
const inRoot = path.resolve(folder, '../..');
const outfile = path.join(folder, 'build/register.cjs');
const configurationFile = path.join(folder, 'build/configuration-file.cjs');
const schemaFile = path.join(folder, 'build/configuration-schema.json');
const stamp = path.join(folder, 'build/register.inputs.json');

/** What a bundle was made of, as the file system knows it: reading all of it would take longer than bundling. */
function stateOf(files) {
  return files.map(file => {
    const { mtimeMs, size } = statSync(path.join(inRoot, file));
    return [file, mtimeMs, size];
  });
}

function isUpToDate() {
  if (![outfile, configurationFile, stamp].every(existsSync)) return false;
  const before = readFileSync(stamp, 'utf8');
  try {
    return before === JSON.stringify(stateOf(JSON.parse(before).map(([file]) => file)));
  } catch {
    return false; // A file that is no longer there.
  }
}

/**
 * The schema of declarative configuration, for what we say of a mistake. The package has it only inside of its validator,
 * where it is a JSON literal.
 */
function writeSchema() {
  const validator = path.join(path.dirname(require.resolve('@opentelemetry/configuration')), 'generated/validator.cjs');
  const text = readFileSync(validator, 'utf8');
  const [, literal] = /const schema31 = (\{\n.*?\n\t\});/s.exec(text);
  const withoutDescriptions = (key, value) => (key === 'description' && typeof value === 'string' ? undefined : value);
  writeFileSync(schemaFile, JSON.stringify(JSON.parse(literal), withoutDescriptions));
  return path.relative(inRoot, validator);
}

/** Gives back what the bundle was made of. */
function bundle(entry, options) {
  const { metafile } = require('esbuild').buildSync({
    absWorkingDir: inRoot,
    entryPoints: [path.join(folder, 'build/src', entry)],
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
  return Object.keys(metafile.inputs);
}

if (!isUpToDate()) {
  const validator = writeSchema();
  const bundledApi = require.resolve('@opentelemetry/api').replace(/(@opentelemetry.api).*/, '$1');
  const preload = bundle('register.js', {
    outfile,
    external: [configurationFile],
    alias: {
      '@opentelemetry/api': path.join(folder, 'build/src/opentelemetry-api.js'),
      'bundled-opentelemetry-api': bundledApi,
      debug: path.join(folder, 'no-debug.cjs'),
    },
    inject: [path.join(folder, 'unref-timers.mjs')],
  });
  const reader = bundle('file/configuration-file.js', {
    outfile: configurationFile,
    alias: { 'configuration-schema': schemaFile },
  });
  const own = path.relative(inRoot, __filename);
  const inputs = [...new Set([...preload, ...reader, validator, own])];
  writeFileSync(stamp, JSON.stringify(stateOf(inputs.filter(file => existsSync(path.join(inRoot, file))))));
}
