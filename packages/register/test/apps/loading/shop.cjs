// A CommonJS app.
const kafkajs = require('kafkajs');
const amqplib = require('amqplib');
const sqs = require('@aws-sdk/client-sqs');
const { order } = require('./orders.cjs');

void order({ kafkajs, amqplib, sqs }, process.argv.slice(2));
