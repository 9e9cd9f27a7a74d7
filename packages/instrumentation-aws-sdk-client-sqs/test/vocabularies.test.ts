import * as assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { VOCABULARIES } from '@queuetrace/messaging';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { withSqs } from './sqs';

/* Each span and metric of these tests is held against the table of the conventions, as those of all tests are. */

describe('the vocabularies of SQS', () => {
  const broker = withBroker('aws_sqs');
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);
  afterEach(() => instrumentation.setConfig({}));

  /** A message's way: sent, received, processed and deleted; and a batch with a failing entry. */
  async function story() {
    const queue = await sqs.queue();
    await sqs.client.sendMessage({ QueueUrl: queue.url, MessageBody: 'paid' });
    const { Messages } = await sqs.client.receiveMessage({ QueueUrl: queue.url });
    for (const { ReceiptHandle } of Messages!) {
      await setImmediate();
      await sqs.client.changeMessageVisibility({ QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout: 60 });
      await sqs.client.deleteMessage({ QueueUrl: queue.url, ReceiptHandle });
    }
    const Entries = [{ Id: 'a', ReceiptHandle: 'none' }];
    await sqs.client.deleteMessageBatch({ QueueUrl: queue.url, Entries });
    return queue;
  }
  const attributesOf = (name: string) => telemetry.span(name).attributes;

  const stories = [...VOCABULARIES.map(one => [one]), ['1.45', '1.44', 'legacy'] as const];
  for (const semconv of stories) {
    it(`are held by everything that is told: ${semconv.join(', ')}`, async () => {
      instrumentation.setConfig({ semconv, producerSpans: 'message' });
      const { name } = await story();
      for (const operation of ['send', 'receive', 'process', 'change visibility']) {
        assert.equal(telemetry.spans().filter(span => span.name === `${operation} ${name}`).length, 1);
      }
      assert.equal(telemetry.spans().filter(span => span.name === `delete ${name}`).length, 2);
    });
  }

  it('are those of 1.45', async () => {
    instrumentation.setConfig({ semconv: ['1.45'] });
    const { name, url } = await story();
    const attributes = attributesOf(`send ${name}`);
    assert.equal(attributes['messaging.system.name'], 'aws.sqs');
    assert.equal(attributes['messaging.system'], undefined);
    assert.equal(attributes['aws.sqs.queue.url'], url);
  });

  it('are those of before 1.17', async () => {
    instrumentation.setConfig({ semconv: ['legacy'] });
    const { name, url } = await story();
    const { 'messaging.message_id': id, ...attributes } = attributesOf(`process ${name}`);
    assert.equal(typeof id, 'string');
    assert.equal(attributes['messaging.system'], 'aws_sqs');
    assert.equal(attributes['messaging.destination'], name);
    assert.equal(attributes['messaging.destination_kind'], 'queue');
    assert.equal(attributes['messaging.operation'], 'process');
    assert.equal(attributes['messaging.url'], url);
    assert.equal(attributes['messaging.destination.name'], undefined);
  });

  for (const semconv of stories) {
    it(`are held by SNS: ${semconv.join(', ')}`, async function () {
      instrumentation.setConfig({ semconv });
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      const sns = new SNSClient({ region: 'us-east-1', endpoint: broker.address, credentials, maxAttempts: 1 });
      try {
        const name = uniqueName('paid');
        const topic = await sns.send(new CreateTopicCommand({ Name: name })).catch(() => undefined);
        if (!topic && !broker.embedded) {
          console.error('      NOT TESTED: SNS, which ElasticMQ does not have');
          return this.skip();
        }
        await sns.send(new PublishCommand({ TopicArn: topic!.TopicArn, Message: 'paid' }));
        const attributes = attributesOf(`publish ${name}`);
        assert.equal(attributes['messaging.system.name'] ?? attributes['messaging.system'], 'aws.sns');
        if (semconv.includes('legacy' as never)) assert.equal(attributes['messaging.destination_kind'], 'topic');
      } finally {
        sns.destroy();
      }
    });
  }
});
