// Sends an order and handles it, knowing nothing of telemetry. An ESM app hands in its own import of the library.
module.exports = async function order({ SQSClient, SendMessageCommand, ReceiveMessageCommand, DeleteMessageCommand }) {
  const [endpoint, QueueUrl] = process.argv.slice(2);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SQSClient({ region: 'us-east-1', endpoint, credentials });
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'paid' }));
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
  for (const { ReceiptHandle } of Messages) await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  client.destroy();
};
if (require.main === module) module.exports(require('@aws-sdk/client-sqs'));
