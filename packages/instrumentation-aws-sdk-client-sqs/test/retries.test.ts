import * as assert from 'node:assert/strict';
import type { SQS } from '@aws-sdk/client-sqs';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import { attribute, traceparent, withSqs, type Queue } from './sqs';

const RETRY_COUNT = 'messaging.client.retry_count';

describe('requests that the SDK makes again', () => {
  const broker = withBroker('aws_sqs');
  telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);
  let queue: Queue;

  beforeEach(async () => {
    queue = await sqs.queue();
  });

  /** A client whose first requests do not reach the service. */
  function failing(count: number): SQS {
    const client = sqs.newClient({ maxAttempts: 3 });
    let left = count;
    client.middlewareStack.add(
      next => async args => {
        if (left-- > 0) throw Object.assign(new Error('reset'), { name: 'TimeoutError', $retryable: {} });
        return next(args);
      },
      { step: 'deserialize', priority: 'low' },
    );
    return client;
  }

  it('are one operation, which says how often', async () => {
    await failing(2).sendMessage({ QueueUrl: queue.url, MessageBody: 'paid' });
    const span = telemetry.span(`send ${queue.name}`);
    assert.equal(span.attributes[RETRY_COUNT], 2);
    const messages = await sqs.wire(queue);
    assert.equal(messages.length, 1);
    assert.equal(attribute(messages[0], 'traceparent'), traceparent(span));
    const [sent] = await telemetry.metric('messaging.client.sent.messages');
    assert.equal(sent.value, 1);
    assert.equal(sent.attributes[RETRY_COUNT], undefined);
  });

  it('say how often also where the last one has failed', async () => {
    await assert.rejects(failing(3).sendMessage({ QueueUrl: queue.url, MessageBody: 'paid' }));
    const span = telemetry.span(`send ${queue.name}`);
    assert.equal(span.attributes[RETRY_COUNT], 2);
    assert.equal(span.attributes['error.type'], 'TimeoutError');
  });

  it('say how often for receives and settlements, too', async () => {
    await sqs.seed(queue);
    const { Messages } = await failing(1).receiveMessage({ QueueUrl: queue.url });
    const [{ ReceiptHandle }] = Messages!;
    await failing(1).deleteMessage({ QueueUrl: queue.url, ReceiptHandle });
    for (const name of ['receive', 'delete']) {
      assert.equal(telemetry.span(`${name} ${queue.name}`).attributes[RETRY_COUNT], 1);
    }
  });

  it('say nothing where the first one was answered', async () => {
    await failing(0).sendMessage({ QueueUrl: queue.url, MessageBody: 'paid' });
    assert.equal(telemetry.span(`send ${queue.name}`).attributes[RETRY_COUNT], undefined);
  });
});
