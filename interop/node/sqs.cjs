'use strict';
const {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} = require('@aws-sdk/client-sqs');
const { Handler, order } = require('./own-spans.cjs');

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const sqs = new SQSClient({ endpoint: process.env.SQS_ENDPOINT, region: 'us-east-1', credentials });

async function produce(command) {
  const { to: QueueUrl, messages } = command;
  const Entries = messages.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  await order(command, () =>
    messages.length === 1
      ? sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: messages[0] }))
      : sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })),
  );
  return { sent: messages };
}

async function consume(command) {
  const handler = new Handler(command);
  while (!handler.isDone) await receive(command, handler);
  // SQS moves what was received too often when it is asked for once more.
  if (command.deadLetter !== undefined) await sqs.send(new ReceiveMessageCommand({ QueueUrl: command.from }));
  return { seen: handler.seen };
}

async function receive({ from: QueueUrl, batch }, handler) {
  const request = { QueueUrl, MaxNumberOfMessages: batch ? 10 : 1, WaitTimeSeconds: 1, AttributeNames: ['All'] };
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(request));
  for (const { Body, Attributes, MessageAttributes, ReceiptHandle } of Messages) {
    const isHandled = await handler.handle(Body, { ...Attributes, ...MessageAttributes });
    const receipt = { QueueUrl, ReceiptHandle };
    if (isHandled) await sqs.send(new DeleteMessageCommand(receipt));
    else await sqs.send(new ChangeMessageVisibilityCommand({ ...receipt, VisibilityTimeout: 0 }));
  }
}

module.exports = { produce, consume, close: () => sqs.destroy() };
