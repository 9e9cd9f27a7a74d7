// Sends one by one and in a batch, receives and deletes; one queue is not there. Prints what it has handled.
'use strict';
const sqs = require('@aws-sdk/client-sqs');

const [endpoint, name] = process.argv.slice(2);
const client = new sqs.SQSClient({
  region: 'us-east-1',
  endpoint,
  credentials: { accessKeyId: 'shop', secretAccessKey: 'shop' },
  maxAttempts: 1,
});

async function receive(QueueUrl, count) {
  const handled = [];
  while (handled.length < count) {
    const input = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 };
    const { Messages = [] } = await client.send(new sqs.ReceiveMessageCommand(input));
    for (const { Body, ReceiptHandle } of Messages) {
      handled.push(Body);
      await client.send(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
  return handled.sort();
}

async function main() {
  const url = async queue => (await client.send(new sqs.CreateQueueCommand({ QueueName: queue }))).QueueUrl;
  const [single, batch] = [await url(`${name}-single`), await url(`${name}-batch`)];
  await client.send(new sqs.SendMessageCommand({ QueueUrl: single, MessageBody: '0' }));
  const Entries = ['1', '2'].map(Id => ({ Id, MessageBody: Id }));
  await client.send(new sqs.SendMessageBatchCommand({ QueueUrl: batch, Entries }));
  const handled = [...(await receive(single, 1)), ...(await receive(batch, 2))];
  const nowhere = batch.replace(/-batch$/, '-nowhere');
  const refused = await client.send(new sqs.SendMessageCommand({ QueueUrl: nowhere, MessageBody: '3' })).then(
    () => 'accepted',
    () => 'refused',
  );
  console.log(handled.join(), refused);
}

main().catch(error => {
  console.error(error);
  process.exitCode = 3;
});
