// Bundles the preload into build/register.cjs, and makes what is published beside it.
'use strict';
const path = require('node:path');
const { bundle } = require('../../scripts/bundle.cjs');

// What the preload loads where there is a configuration file, and the schema of one.
require('../messaging/bundle.cjs');
require('./schema.cjs');

const build = path.join(__dirname, 'build');
// Of which the SDK uses nine names; the rest of the package takes longer to load than the SDK.
const conventions = path.join(
  path.dirname(
    require.resolve('@opentelemetry/semantic-conventions', { paths: [require.resolve('@opentelemetry/resources')] }),
  ),
  'stable_attributes.cjs',
);
const bundledApi = require.resolve('@opentelemetry/api').replace(/(@opentelemetry.api).*/, '$1');

bundle(path.join(build, 'src/register.js'), path.join(build, 'register.cjs'), () => ({
  madeOf: [__filename],
  external: ['@queuetrace/messaging/configuration-file'],
  alias: {
    '@opentelemetry/api': path.join(build, 'src/opentelemetry-api.js'),
    '@opentelemetry/semantic-conventions': conventions,
    'bundled-opentelemetry-api': bundledApi,
    debug: path.join(__dirname, 'no-debug.cjs'),
  },
  inject: [path.join(__dirname, 'unref-timers.mjs')],
}));
