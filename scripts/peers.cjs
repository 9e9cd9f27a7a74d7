// Loaded into a test run in place of ours: the public instrumentations of the same libraries. One of each, made before
// any library is loaded, since they patch only what is loaded after them.
'use strict';
const Module = require('node:module');
const path = require('node:path');

const PEERS = {
  'instrumentation-kafkajs': [
    'KafkaJsInstrumentation',
    '@opentelemetry/instrumentation-kafkajs',
    'KafkaJsInstrumentation',
  ],
  'instrumentation-amqplib': [
    'AmqplibInstrumentation',
    '@opentelemetry/instrumentation-amqplib',
    'AmqplibInstrumentation',
  ],
  'instrumentation-aws-sdk-client-sqs': [
    'SqsInstrumentation',
    '@opentelemetry/instrumentation-aws-sdk',
    'AwsInstrumentation',
  ],
};

const replaced = new Map(
  Object.entries(PEERS).map(([folder, [ours, peerPackage, theirs]]) => {
    const peer = new (require(peerPackage)[theirs])();
    const Peer = class {
      constructor(config = {}) {
        peer.setConfig(config);
        peer.enable();
        return peer;
      }
    };
    return [path.resolve(__dirname, '../packages', folder, 'build/src/index.js'), { [ours]: Peer }];
  }),
);

// The apps that tests start load us by name: there too (test-utils, app.ts).
process.env.QUEUETRACE_PEERS = __filename;

const load = Module._load;
Module._load = function (request, parent, ...rest) {
  const isOurs = request.startsWith('.') || request.startsWith('@queuetrace/');
  const file = isOurs && parent ? Module._resolveFilename(request, parent) : undefined;
  return replaced.get(file) ?? load.call(this, request, parent, ...rest);
};
