// An ES module, with each way to import: by name, by default, as a namespace.
import { Kafka, logLevel } from 'kafkajs';
import amqplib from 'amqplib';
import * as sqs from '@aws-sdk/client-sqs';
import { order } from './orders.cjs';

await order({ kafkajs: { Kafka, logLevel }, amqplib, sqs }, process.argv.slice(2));
