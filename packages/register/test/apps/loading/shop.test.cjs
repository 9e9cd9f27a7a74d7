// The shop under Node's own test runner, which hands no arguments to a test file.
const test = require('node:test');
const kafkajs = require('kafkajs');
const amqplib = require('amqplib');
const sqs = require('@aws-sdk/client-sqs');
const { order } = require('./orders.cjs');

test('an order', () => order({ kafkajs, amqplib, sqs }, process.env.SHOP_ADDRESSES.split(' ')));
