// An ES module that works when it has been loaded, as a server does.
import * as kafkajs from 'kafkajs';
import * as amqplib from 'amqplib';
import * as sqs from '@aws-sdk/client-sqs';
import { order } from './orders.cjs';

setImmediate(() => void order({ kafkajs, amqplib, sqs }, process.argv.slice(2)));
