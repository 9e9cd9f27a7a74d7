/** Tells the customer: an SQS worker as they are usually written, and an ES module. */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { decode, notificationsQueue, serve, sqsConfig, work } from './shop.js';

await serve(async () => {
  const sqs = new SQSClient(sqsConfig);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: notificationsQueue }));
  let isRunning = true;

  const poll = async () => {
    while (isRunning) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      for (const { Body, ReceiptHandle } of Messages) {
        await work(4);
        if (decode(Body).poisonedAt === 'notification') {
          // Received too often, the queue's redrive policy makes it a dead letter.
          await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
        } else {
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    }
  };
  const polling = poll();
  return async () => {
    isRunning = false;
    await polling;
    sqs.destroy();
  };
});
