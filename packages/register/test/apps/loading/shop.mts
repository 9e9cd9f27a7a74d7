// An ES module in TypeScript, with nothing in it but types to strip.
import kafkajs from 'kafkajs';
import { connect } from 'amqplib';
import * as sqs from '@aws-sdk/client-sqs';
import { order } from './orders.cjs';

const addresses: readonly string[] = process.argv.slice(2);
await order({ kafkajs, amqplib: { connect }, sqs }, addresses);
