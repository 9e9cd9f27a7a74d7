import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import order from './order.cjs';

await order({ SQSClient, SendMessageCommand, ReceiveMessageCommand, DeleteMessageCommand });
