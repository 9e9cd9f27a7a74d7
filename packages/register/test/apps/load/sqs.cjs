// 60 orders in 6 sends: every tenth fails once, every twentieth fails twice and is redriven by the broker.
const {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} = require('@aws-sdk/client-sqs');
const { processMessage } = require('@queuetrace/messaging');
const { Tally, waitInQueue } = require('./tally.cjs');

const [endpoint, queue] = process.argv.slice(2);
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials });
const [orders, deadLetters] = [new Tally(), new Tally()];
const numbers = Array.from({ length: 60 }, (_, index) => index);
const MAX_RECEIVE_COUNT = 2;

async function createQueue(QueueName, Attributes) {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return QueueUrl;
}

async function consume(QueueUrl, tally, isOver, work) {
  const seen = new Set();
  const done = tally.startConsuming();
  while (!isOver()) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }),
    );
    for (let index = 0; index < Messages.length; index++) {
      const message = Messages[index];
      const { ReceiptHandle, MessageId, Body } = message;
      const isFirst = !seen.has(MessageId);
      seen.add(MessageId);
      const handler = () => tally.handle(Number(Body), isFirst, () => work(Number(Body), isFirst));
      await processMessage(message, handler).then(
        () => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })),
        () => sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })),
      );
    }
  }
  done();
}

async function main() {
  const deadLetterUrl = await createQueue(`${queue}-dlq`);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames: ['QueueArn'] }),
  );
  const policy = { deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount: MAX_RECEIVE_COUNT };
  const QueueUrl = await createQueue(queue, { RedrivePolicy: JSON.stringify(policy) });
  for (let from = 0; from < numbers.length; from += 10) {
    const ids = numbers.slice(from, from + 10);
    const Entries = ids.map(id => ({ Id: String(id), MessageBody: String(id) }));
    await orders.send(ids, () => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
  }
  await waitInQueue();
  let left = numbers.length;
  await consume(
    QueueUrl,
    orders,
    () => left === 0,
    async (id, isFirst) => {
      if (id % 20 === 7) {
        if (!isFirst) left -= 1;
        orders.deadLettersSent += isFirst ? 0 : 1;
        orders.fail();
      }
      if (id % 10 === 3 && isFirst) orders.fail();
      left -= 1;
    },
  );
  // The broker redrives a message when it would be received once more.
  await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
  let letters = orders.deadLettersSent;
  await consume(
    deadLetterUrl,
    deadLetters,
    () => letters === 0,
    async () => void (letters -= 1),
  );
  console.log(JSON.stringify({ orders, deadLetters }));
}

void main();
