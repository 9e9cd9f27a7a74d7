// Handles one message with an app's own import of sqs-consumer. It waits for no time, only for what happens.
const { SQSClient } = require('@aws-sdk/client-sqs');

module.exports = function consume({ Consumer }) {
  const [endpoint, queueUrl] = process.argv.slice(2);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ region: 'us-east-1', endpoint, credentials });
  const handleMessage = async () => {
    throw new RangeError('out of stock');
  };
  const consumer = Consumer.create({ queueUrl, sqs, handleMessage });
  consumer.on('processing_error', () => {});
  consumer.on('response_processed', () => {
    consumer.stop({ abort: true });
    sqs.destroy();
  });
  consumer.start();
};
