// CommonJS in TypeScript, with nothing in it but types to strip.
const kafkajs = require('kafkajs');
const amqplib = require('amqplib');
const sqs = require('@aws-sdk/client-sqs');
const { order } = require('./orders.cjs');

const addresses: readonly string[] = process.argv.slice(2);
void order({ kafkajs, amqplib, sqs }, addresses);
