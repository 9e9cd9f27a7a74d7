// Starts the distribution when the libraries are loaded and clients are made.
const kafkajs = require('kafkajs');
const amqplib = require('amqplib');
const sqs = require('@aws-sdk/client-sqs');
const { kafkaOf, order, sqsOf } = require('./orders.cjs');

const addresses = process.argv.slice(2);
const clients = { kafka: kafkaOf(kafkajs, addresses[0]), sqs: sqsOf(sqs, addresses[2]) };
require('@queuetrace/register');
void order({ kafkajs, amqplib, sqs }, addresses, clients);
