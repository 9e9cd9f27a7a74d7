// As late.cjs, in an ES module.
import * as kafkajs from 'kafkajs';
import * as amqplib from 'amqplib';
import * as sqs from '@aws-sdk/client-sqs';
import { kafkaOf, order, sqsOf } from './orders.cjs';

const addresses = process.argv.slice(2);
const clients = { kafka: kafkaOf(kafkajs.default, addresses[0]), sqs: sqsOf(sqs, addresses[2]) };
await import('@queuetrace/register');
await order({ kafkajs, amqplib, sqs }, addresses, clients);
