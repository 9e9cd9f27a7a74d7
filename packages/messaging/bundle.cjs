// Bundles what reads configuration files into build/configuration-file.cjs, which is loaded only where there is one.
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { bundle } = require('../../scripts/bundle.cjs');

const build = path.join(__dirname, 'build');
const schemaFile = path.join(build, 'configuration-schema.json');

const validator = path.join(path.dirname(require.resolve('@opentelemetry/configuration')), 'generated/validator.cjs');

/** The schema of declarative configuration. The package has it only inside of its validator, where it is a JSON literal. */
exports.upstreamSchema = function upstreamSchema() {
  const [, literal] = /const schema31 = (\{\n.*?\n\t\});/s.exec(readFileSync(validator, 'utf8'));
  return JSON.parse(literal);
};

/** For what we say of a mistake. */
function writeSchema() {
  const withoutDescriptions = (key, value) => (key === 'description' && typeof value === 'string' ? undefined : value);
  writeFileSync(schemaFile, JSON.stringify(exports.upstreamSchema(), withoutDescriptions));
}

bundle(path.join(build, 'src/file/configuration-file.js'), path.join(build, 'configuration-file.cjs'), () => {
  writeSchema();
  return { madeOf: [validator, __filename], alias: { 'configuration-schema': schemaFile } };
});
