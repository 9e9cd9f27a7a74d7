import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { telemetry, uniqueName, walkRecorded, withBroker } from '@queuetrace/test-utils';
import assert from 'node:assert/strict';

const MAX_RECEIVE_COUNT = 2;

describe('the story of an SQS message that is received too often, redriven, and replayed', () => {
  const broker = withBroker('aws_sqs');
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  const queue = uniqueName('notifications');
  let sqs: SQSClient;
  let queueUrl: string | undefined;
  let dlqUrl: string | undefined;

  before(async () => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    sqs = new SQSClient({ endpoint: broker.address, region: 'us-east-1', credentials });
    dlqUrl = (await sqs.send(new CreateQueueCommand({ QueueName: `${queue}-dlq` }))).QueueUrl;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: dlqUrl, AttributeNames: ['QueueArn'] }),
    );
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: Attributes?.QueueArn,
      maxReceiveCount: MAX_RECEIVE_COUNT,
    });
    queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: queue, Attributes: { RedrivePolicy } }))).QueueUrl;
  });
  after(() => sqs.destroy());

  /** A worker's loop, until it has handled one message. */
  async function handleOne(QueueUrl: string | undefined, handle: (message: Message) => Promise<unknown>) {
    for (let handled = 0; handled === 0;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
      for (const message of Messages) {
        await handle(message);
        handled += 1;
      }
    }
  }

  const giveBack = ({ ReceiptHandle }: Message) =>
    sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  const settle = (QueueUrl: string | undefined, { ReceiptHandle }: Message) =>
    sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));

  it('is forgotten when it is deleted, also after its loop', async () => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: uniqueName('jobs') }));
    instrumentation.setConfig({ maxRememberedDeliveries: 1 });
    for (const MessageBody of ['1', '2', '3']) {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
      const handled: Message[] = [];
      await handleOne(QueueUrl, async message => {
        await Promise.resolve();
        handled.push(message);
      });
      const Entries = handled.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
    instrumentation.setConfig({});
    assert.deepEqual(await telemetry.metric('messaging.client.memory.dropped'), []);
  });

  it('can be walked back from the dead letter, and from the replay, to its first send and every attempt', async () => {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'poison' }));
    for (let attempt = 1; attempt <= MAX_RECEIVE_COUNT; attempt++) await handleOne(queueUrl, giveBack);
    // The queue redrives the message when it is asked for once more.
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 0 }));
    await handleOne(dlqUrl, async message => {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'mended' }));
      await settle(dlqUrl, message);
    });
    await handleOne(queueUrl, message => settle(queueUrl, message));
    const isProcess = ({ name }: { name: string }) => name.startsWith('process');
    const spans = await telemetry.waitForSpans(all => all.filter(isProcess).length >= MAX_RECEIVE_COUNT + 2);

    const walk = walkRecorded(spans);
    const [first, second, replayed] = spans.filter(({ name }) => name === `process ${queue}`);
    const deadLetter = telemetry.span(`process ${queue}-dlq`);
    const original = walk.linked(deadLetter, 'original-message');
    assert.equal(original?.name, `send ${queue}`);
    assert.equal(original, walk.parent(first));
    assert.deepEqual(walk.attemptsBefore(deadLetter), [second, first]);
    assert.equal(deadLetter.attributes['dlq.original_queue'], queue);
    assert.equal(deadLetter.attributes['dlq.retry_count'], MAX_RECEIVE_COUNT);
    assert.equal(deadLetter.attributes['dlq.action'], 'retry');
    assert.deepEqual(
      [first, second].map(({ attributes }) => attributes['messaging.delivery_count']),
      [1, 2],
    );
    assert.equal(walk.linked(replayed, 'original-message'), original);
    assert.equal(walk.parent(walk.parent(replayed)!), deadLetter);
    assert.equal(walk.linked(replayed, 'previous-attempt'), deadLetter);
  });
});
