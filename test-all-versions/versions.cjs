// What is supported, as the registry has it today: so a new release is tested the night after.
'use strict';
const { execFileSync } = require('node:child_process');
const semver = require('semver');

/** Of a library with a release a day, the first of each hundred minors. */
const minorOf = version => `${semver.major(version)}.${semver.minor(version)}`;
const hundredOf = version => `${semver.major(version)}.${Math.floor(semver.minor(version) / 100)}`;

const CLIENTS = {
  kafkajs: { range: '>=1.16 <3', group: minorOf },
  amqplib: { range: '>=0.10 <3', group: minorOf },
  '@aws-sdk/client-sqs': { range: '>=3.300 <4', group: hundredOf },
};

/** The lines of OpenTelemetry that apps have. The SDK brings the instrumentation package that it was made with. */
exports.LINES = [
  { api: '~1.9', node: '>=0.223 <0.300' },
  { api: '~1.10', node: '>=0.300 <0.400' },
];

function released(name) {
  const all = JSON.parse(execFileSync('npm', ['view', name, 'versions', '--json'], { encoding: 'utf8' }));
  return semver.sort(all.filter(version => semver.satisfies(version, CLIENTS[name].range)));
}

/** The oldest, the newest of each group, the newest. */
function chosen(name) {
  const all = released(name);
  const byGroup = new Map(all.map(version => [CLIENTS[name].group(version), version]));
  return [...new Set([all[0], ...byGroup.values()])];
}

/** @param isSample first, middle and last only */
exports.versionsOf = function versionsOf(name, isSample) {
  const all = chosen(name);
  return isSample ? [all[0], all[Math.floor(all.length / 2)], all.at(-1)] : all;
};

exports.CLIENTS = Object.keys(CLIENTS);
