import * as assert from 'node:assert/strict';
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import {
  attribute,
  deepFrozen,
  linkedSpanIds,
  outcomeOf,
  text,
  traceparent,
  USER_SPAN_ID,
  USER_TRACEPARENT,
  userAttributes,
  withSqs,
  type Queue,
} from './sqs';

/** A character that SQS does not take. */
const BAD_BODY = 'bad \u0001';

describe('SendMessageBatch', () => {
  const broker = withBroker('aws_sqs');
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);
  let queue: Queue;

  beforeEach(async () => {
    queue = await sqs.queue();
  });
  afterEach(() => instrumentation.setConfig({}));

  const send = (...Entries: SendMessageBatchRequestEntry[]) =>
    sqs.client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
  const entry = (Id: string, given: object = {}) => ({ Id, MessageBody: Id, ...given });
  const sendSpan = () => telemetry.span(`send ${queue.name}`);

  it('tells one send span, whose context is in every message', async () => {
    const { $metadata } = await send(entry('a'), entry('b', { MessageAttributes: userAttributes(3) }));
    const span = sendSpan();
    assert.equal(span.kind, SpanKind.PRODUCER);
    assert.equal(span.attributes['messaging.batch.message_count'], 2);
    assert.equal(span.attributes['aws.request_id'], $metadata.requestId);
    const messages = await sqs.wire(queue);
    assert.deepEqual(
      messages.map(message => attribute(message, 'traceparent')),
      [traceparent(span), traceparent(span)],
    );
    const [sent] = await telemetry.metric('messaging.client.sent.messages');
    assert.equal(sent.value, 2);
  });

  it('tells a batch of one as a batch', async () => {
    await send(entry('a'));
    assert.equal(sendSpan().attributes['messaging.batch.message_count'], 1);
  });

  it('S3: tells that some entries have failed, and which, though the call resolves', async () => {
    const answer = await send(entry('a'), entry('b', { MessageBody: BAD_BODY }), entry('c'));
    const [failed] = answer.Failed!;
    const idOf = (Id: string) => answer.Successful!.find(one => one.Id === Id)!.MessageId;
    assert.equal(failed.Id, 'b');
    assert.equal(answer.Successful!.length, 2);
    const span = sendSpan();
    assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: '1 of 3 entries failed' });
    assert.equal(span.attributes['error.type'], failed.Code);
    assert.equal(span.attributes['aws.request_id'], answer.$metadata.requestId);
    assert.deepEqual(
      span.events.map(({ name, attributes }) => [name, attributes]),
      [
        ['messaging.batch.entry_sent', { 'messaging.batch.entry_id': 'a', 'messaging.message.id': idOf('a') }],
        ['messaging.batch.entry_sent', { 'messaging.batch.entry_id': 'c', 'messaging.message.id': idOf('c') }],
        ['messaging.batch.entry_failed', { 'messaging.batch.entry_id': 'b', 'error.type': failed.Code }],
      ],
    );
    const [duration] = await telemetry.metric('messaging.client.operation.duration');
    assert.equal(duration.attributes['error.type'], failed.Code);
  });

  it('gives each message a create span of its own with its id, where that is asked for', async () => {
    instrumentation.setConfig({ producerSpans: 'message' });
    const { Successful } = await send(entry('a'), entry('b'));
    const creates = telemetry.spans().filter(({ name }) => name === `create ${queue.name}`);
    const span = sendSpan();
    assert.equal(span.kind, SpanKind.CLIENT);
    assert.deepEqual(
      linkedSpanIds(span),
      creates.map(create => create.spanContext().spanId),
    );
    assert.deepEqual(
      creates.map(({ attributes }) => attributes['messaging.message.id']).sort(),
      Successful!.map(({ MessageId }) => MessageId).sort(),
    );
    const messages = await sqs.wire(queue);
    assert.deepEqual(
      messages.map(message => attribute(message, 'traceparent')).sort(),
      creates.map(traceparent).sort(),
    );
  });

  it('New Relic: decides for each entry whether it has room, and whose context it carries', async () => {
    const MessageAttributes = { traceparent: text(USER_TRACEPARENT) };
    await send(entry('a', { MessageAttributes: userAttributes(10) }), entry('b', { MessageAttributes }), entry('c'));
    const span = sendSpan();
    const byBody = Object.fromEntries((await sqs.wire(queue)).map(message => [message.Body, message]));
    assert.match(byBody.a.Attributes!.AWSTraceHeader, new RegExp(span.spanContext().spanId));
    assert.equal(attribute(byBody.b, 'traceparent'), USER_TRACEPARENT);
    assert.equal(attribute(byBody.c, 'traceparent'), traceparent(span));
    assert.deepEqual(linkedSpanIds(span), [USER_SPAN_ID]);
  });

  it('does not make a batch longer than the quota that it keeps', async () => {
    const Entries = ['a', 'b', 'c', 'd'].map(Id => entry(Id, { MessageBody: Id.repeat(64 * 1024 - 50) }));
    await send(...Entries);
    const messages = await sqs.wire(queue);
    assert.equal(messages.length, 4);
    // 200 bytes are left: they are enough for two.
    const carried = messages.filter(message => attribute(message, 'traceparent') === traceparent(sendSpan()));
    const headers = messages.filter(message => message.Attributes?.AWSTraceHeader);
    assert.deepEqual([carried.length, headers.length], [2, 2]);
  });

  it("S7: never changes the caller's entries; S1: sends frozen ones", async () => {
    const Entries = deepFrozen([entry('a', { MessageAttributes: userAttributes(1) }), entry('b')]);
    await sqs.client.sendMessageBatch(deepFrozen({ QueueUrl: queue.url, Entries }));
    assert.deepEqual(Entries, [entry('a', { MessageAttributes: userAttributes(1) }), entry('b')]);
    assert.equal((await sqs.wire(queue)).length, 2);
  });

  it("answers with the sums of the caller's attributes", async () => {
    const Entries = [entry('a', { MessageAttributes: userAttributes(1) }), entry('b')];
    const sums = async () => (await send(...Entries)).Successful!.map(one => [one.Id, one.MD5OfMessageAttributes]);
    const { value } = await outcomeOf(instrumentation, sums);
    assert.deepEqual(await sums(), value);
  });

  const hostile: Record<string, () => unknown> = {
    'an entry that is null (S1)': () => [entry('a'), null],
    'an entry that is a number (S1)': () => [42],
    'an entry with a body that is none': () => [entry('a', { MessageBody: {} })],
    'no entries': () => [],
    'entries that are missing': () => undefined,
    'entries that are text': () => 'text',
  };
  for (const [name, entries] of Object.entries(hostile)) {
    it(`leaves the outcome to the SDK: ${name}`, async () => {
      const sendHostile = () => sqs.client.sendMessageBatch({ QueueUrl: queue.url, Entries: entries() as [] });
      const plain = await outcomeOf(instrumentation, sendHostile);
      const outcome = await outcomeOf(undefined, sendHostile);
      assert.equal(outcome.error?.name, plain.error?.name);
      assert.equal(outcome.error?.message, plain.error?.message);
      assert.equal(outcome.value?.Failed?.length, plain.value?.Failed?.length);
    });
  }
});
