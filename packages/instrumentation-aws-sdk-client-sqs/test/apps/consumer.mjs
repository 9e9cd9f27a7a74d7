// Handles one message with sqs-consumer, which an ESM app gets as ESM. It waits for no time, only for what happens.
import { SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';

const [endpoint, queueUrl] = process.argv.slice(2);
const sqs = new SQSClient({
  region: 'us-east-1',
  endpoint,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
const consumer = Consumer.create({ queueUrl, sqs, handleMessage: async message => message });
consumer.on('response_processed', () => {
  consumer.stop({ abort: true });
  sqs.destroy();
});
consumer.start();
