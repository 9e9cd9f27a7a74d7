import * as assert from 'node:assert/strict';
import { DeleteMessageCommand } from '@aws-sdk/client-sqs';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import {
  deepFrozen,
  linkedSpanIds,
  outcomeOf,
  requestId,
  text,
  USER_SPAN_ID,
  USER_TRACEPARENT,
  withSqs,
  type Queue,
  type WireMessage,
} from './sqs';

const TRACED = { MessageAttributes: { traceparent: text(USER_TRACEPARENT) } };

describe('DeleteMessage and ChangeMessageVisibility', () => {
  const broker = withBroker('aws_sqs');
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);
  let queue: Queue;

  beforeEach(async () => {
    queue = await sqs.queue();
  });
  afterEach(() => instrumentation.setConfig({}));

  async function received(count = 1): Promise<{ ReceiptHandle: string; MessageId: string }[]> {
    for (let seeded = 0; seeded < count; seeded++) await sqs.seed(queue, TRACED);
    const { Messages } = await sqs.client.receiveMessage({ QueueUrl: queue.url, MaxNumberOfMessages: 10 });
    return Messages!.map(({ ReceiptHandle, MessageId }) => ({ ReceiptHandle: ReceiptHandle!, MessageId: MessageId! }));
  }
  const entries = (handles: { ReceiptHandle: string }[], given: object = {}) =>
    handles.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, ...given }));

  it('tells a delete that is linked to its message', async () => {
    const [{ ReceiptHandle, MessageId }] = await received();
    const answer = await sqs.client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
    const span = telemetry.span(`delete ${queue.name}`);
    assert.equal(span.kind, SpanKind.CLIENT);
    assert.deepEqual(linkedSpanIds(span), [USER_SPAN_ID]);
    assert.deepEqual(span.attributes, {
      'messaging.system': 'aws_sqs',
      'messaging.operation.name': 'delete',
      'messaging.operation.type': 'settle',
      'messaging.destination.name': queue.name,
      'messaging.message.id': MessageId,
      'aws.sqs.queue.url': queue.url,
      'cloud.region': 'us-east-1',
      ...requestId(answer),
      'server.address': sqs.url.hostname,
      'server.port': Number(sqs.url.port),
    });
  });

  it('tells a batch of deletes that is linked to the messages', async () => {
    const handles = await received(2);
    await sqs.client.deleteMessageBatch(deepFrozen({ QueueUrl: queue.url, Entries: entries(handles) }));
    const span = telemetry.span(`delete ${queue.name}`);
    assert.equal(span.attributes['messaging.batch.message_count'], 2);
    assert.deepEqual(linkedSpanIds(span), [USER_SPAN_ID]);
    assert.equal(span.links[0].attributes!['messaging.batch.message_count'], 2);
  });

  it('tells a change of visibility that is linked to its message, also after the first', async () => {
    const [{ ReceiptHandle }] = await received();
    const change = { QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout: 20 };
    await sqs.client.changeMessageVisibility(change);
    await sqs.client.changeMessageVisibilityBatch({ QueueUrl: queue.url, Entries: [{ Id: 'a', ...change }] });
    const spans = telemetry.spans().filter(({ name }) => name === `change visibility ${queue.name}`);
    assert.deepEqual(spans.map(linkedSpanIds), [[USER_SPAN_ID], [USER_SPAN_ID]]);
    assert.equal(spans[1].attributes['messaging.batch.message_count'], 1);
  });

  it('tells that dead letters are moved back, and where that fails', async () => {
    const { Attributes } = await sqs.client.getQueueAttributes({ QueueUrl: queue.url, AttributeNames: ['QueueArn'] });
    const SourceArn = Attributes!.QueueArn!;
    await sqs.queue({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 1 }) });
    const answer = await sqs.client.startMessageMoveTask(deepFrozen({ SourceArn }));
    const span = telemetry.span(`start message move task ${queue.name}`);
    assert.equal(span.kind, SpanKind.CLIENT);
    assert.deepEqual(span.attributes, {
      'messaging.system': 'aws_sqs',
      'messaging.operation.name': 'start message move task',
      'messaging.operation.type': 'settle',
      'messaging.destination.name': queue.name,
      'dlq.action': 'retry',
      'cloud.region': 'us-east-1',
      ...requestId(answer),
      'server.address': sqs.url.hostname,
      'server.port': Number(sqs.url.port),
    });
    const missing = { SourceArn: `${SourceArn}-missing` };
    const { error } = await outcomeOf(undefined, () => sqs.client.startMessageMoveTask(missing));
    const failed = telemetry.span(`start message move task ${queue.name}-missing`);
    assert.equal(failed.status.code, SpanStatusCode.ERROR);
    assert.equal(failed.attributes['error.type'], error!.name);
  });

  it('S3: tells that some entries have failed, though the call resolves', async () => {
    const [{ ReceiptHandle }] = await received();
    const Entries = [
      { Id: 'good', ReceiptHandle },
      { Id: 'bad', ReceiptHandle: 'none' },
    ];
    const { Failed } = await sqs.client.deleteMessageBatch({ QueueUrl: queue.url, Entries });
    const span = telemetry.span(`delete ${queue.name}`);
    assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: '1 of 2 entries failed' });
    assert.equal(span.attributes['error.type'], Failed![0].Code);
    assert.equal(span.attributes['messaging.batch.message_count'], 2);
  });

  it('tells a delete of a message that it has not seen, with no link', async () => {
    await sqs.seed(queue, TRACED);
    const [{ ReceiptHandle }] = (await sqs.wire(queue)) as WireMessage[];
    await sqs.client.deleteMessage({ QueueUrl: queue.url, ReceiptHandle });
    assert.deepEqual(telemetry.span(`delete ${queue.name}`).links, []);
  });

  it('tells none where settle spans are off', async () => {
    instrumentation.setConfig({ settleSpans: 'none' });
    const [{ ReceiptHandle }] = await received();
    await sqs.client.deleteMessage({ QueueUrl: queue.url, ReceiptHandle });
    assert.deepEqual(
      telemetry.spans().map(({ name }) => name),
      [`receive ${queue.name}`],
    );
  });

  it('answers a call with a callback', async () => {
    const [{ ReceiptHandle }] = await received();
    await new Promise<void>(resolve =>
      sqs.client.deleteMessage({ QueueUrl: queue.url, ReceiptHandle }, (error: unknown) => {
        assert.equal(error, null);
        resolve();
      }),
    );
    assert.deepEqual(linkedSpanIds(telemetry.span(`delete ${queue.name}`)), [USER_SPAN_ID]);
  });

  const hostile: Record<string, () => object> = {
    'no queue URL': () => ({ QueueUrl: undefined, ReceiptHandle: 'none' }),
    'no receipt handle': () => ({}),
    'a receipt handle of no message': () => ({ ReceiptHandle: 'none' }),
    'a receipt handle that is an object': () => ({ ReceiptHandle: {} }),
  };
  for (const [name, given] of Object.entries(hostile)) {
    it(`leaves the outcome to the SDK: ${name}`, async () => {
      const remove = () => sqs.client.deleteMessage({ QueueUrl: queue.url, ...given() } as never);
      const plain = await outcomeOf(instrumentation, remove);
      const outcome = await outcomeOf(undefined, remove);
      assert.equal(outcome.error?.name, plain.error?.name);
      assert.equal(outcome.error?.message, plain.error?.message);
    });
  }

  it('leaves the outcome to the SDK: an entry that is null', async () => {
    const remove = () => sqs.client.deleteMessageBatch({ QueueUrl: queue.url, Entries: [null] as never });
    const plain = await outcomeOf(instrumentation, remove);
    const outcome = await outcomeOf(undefined, remove);
    assert.equal(outcome.error?.name, plain.error?.name);
    assert.equal(outcome.error?.message, plain.error?.message);
  });
});
