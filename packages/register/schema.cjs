// Writes build/configuration.schema.json, for editors: OpenTelemetry's schema of a configuration file, with our options in it.
'use strict';
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const { OPTIONS, yamlName } = require('@queuetrace/messaging');
const { upstreamSchema } = require('../messaging/bundle.cjs');
const { CLIENT_NAMES, CLIENT_PACKAGES } = require('./build/src/clients.js');
const { SAMPLER_OPTIONS } = require('./build/src/sampler/sampler-options.js');

/** A file may have any value from the environment: `${SEMCONV}`. */
const substitution = { type: 'string', pattern: '\\$\\{' };

function section(options, more = {}) {
  const properties = Object.entries(options).map(([key, { schema, meaning, default: byDefault }]) => [
    yamlName(key),
    { description: meaning, default: byDefault, anyOf: [schema, substitution, { type: 'null' }] },
  ]);
  return { type: 'object', additionalProperties: false, properties: { ...Object.fromEntries(properties), ...more } };
}

const schema = structuredClone(upstreamSchema());
const { $defs } = schema;
const client = { $ref: '#/$defs/QueuetraceOptions' };
$defs.QueuetraceOptions = section(OPTIONS);
$defs.ExperimentalInstrumentation.properties.js = {
  type: 'object',
  additionalProperties: { type: 'object' },
  properties: {
    messaging: { ...client, description: 'Options of queuetrace for all clients.' },
    ...Object.fromEntries(CLIENT_NAMES.flatMap(name => [name, CLIENT_PACKAGES[name]].map(key => [key, client]))),
    register: section({
      shutdownTimeout: {
        schema: { type: 'integer', minimum: 0 },
        default: 2000,
        meaning: 'Milliseconds that the end of the process may wait for the last export.',
      },
    }),
  },
};
$defs.Sampler.properties.messaging = section(SAMPLER_OPTIONS, { root: { $ref: '#/$defs/Sampler' } });
writeFileSync(path.join(__dirname, 'build/configuration.schema.json'), JSON.stringify(schema));
