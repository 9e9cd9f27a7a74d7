// A message that is received too often, redriven, and moved back: `work` sends and tries it, `mend` has the queue for
// dead letters given back.
const {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} = require('@aws-sdk/client-sqs');
const { processMessage } = require('@queuetrace/messaging');

const [endpoint, queue, roles] = process.argv.slice(2);
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials });
const MAX_RECEIVE_COUNT = 2;
let isRunning = true;

async function createQueue(QueueName, Attributes) {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  const found = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  return { QueueUrl, arn: found.Attributes.QueueArn };
}

/** Handles what comes, until a handler gives true. */
async function poll(QueueUrl, handle) {
  for (let isOver = false; isRunning && !isOver;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
    for (const message of Messages) isOver = await handle(message);
  }
}

const giveBack = (QueueUrl, { ReceiptHandle }) =>
  sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));

async function work({ QueueUrl }) {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'poison' }));
  let attempts = 0;
  await poll(QueueUrl, async message => {
    try {
      await processMessage(message, async ({ ReceiptHandle }) => {
        attempts += 1;
        if (attempts <= MAX_RECEIVE_COUNT) throw new Error(`attempt ${attempts} failed`);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      });
    } catch {
      await giveBack(QueueUrl, message);
    }
    return false;
  });
}

/** Looks at the dead letter, and has it moved to where it came from. */
async function mend({ QueueUrl, arn }) {
  await poll(QueueUrl, async message => {
    await processMessage(message, async () => {});
    await giveBack(QueueUrl, message);
    return true;
  });
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn }));
}

async function main() {
  const deadLetters = await createQueue(`${queue}-dlq`);
  const policy = { deadLetterTargetArn: deadLetters.arn, maxReceiveCount: MAX_RECEIVE_COUNT };
  const source = await createQueue(queue, { RedrivePolicy: JSON.stringify(policy) });
  process.once('SIGTERM', () => (isRunning = false));
  console.log('ready');
  await Promise.all([
    roles.includes('work') ? work(source) : undefined,
    roles.includes('mend') ? mend(deadLetters) : undefined,
  ]);
}

void main();
