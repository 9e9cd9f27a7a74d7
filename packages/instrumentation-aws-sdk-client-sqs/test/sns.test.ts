import * as assert from 'node:assert/strict';
import {
  CreateTopicCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  type PublishCommandInput,
} from '@aws-sdk/client-sns';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { processMessage } from '@queuetrace/messaging';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
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

const PHONE_NUMBER = '+43123456789';
const KIB = 1024;

describe('SNS, in front of SQS', () => {
  const broker = withBroker('aws_sqs');
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);
  let sns: SNSClient;
  let queue: Queue;
  let topic: Queue;

  before(async function () {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    sns = new SNSClient({ region: 'us-east-1', endpoint: broker.address, credentials, maxAttempts: 1 });
    const hasSns = await sns.send(new CreateTopicCommand({ Name: uniqueName('orders') })).catch(() => undefined);
    if (broker.embedded || hasSns) return;
    console.error('\n*** NOT TESTED: SNS, which ElasticMQ does not have; SQS_IMPL=moto npm run test:real does ***\n');
    this.skip();
  });
  after(() => sns.destroy());
  afterEach(() => instrumentation.setConfig({}));

  async function subscribe(raw: boolean): Promise<Queue> {
    const to = await sqs.queue();
    const { Attributes } = await sqs.call<{ Attributes: { QueueArn: string } }>('GetQueueAttributes', {
      QueueUrl: to.url,
      AttributeNames: ['QueueArn'],
    });
    await sns.send(
      new SubscribeCommand({
        TopicArn: topic.url,
        Protocol: 'sqs',
        Endpoint: Attributes.QueueArn,
        Attributes: { RawMessageDelivery: String(raw) },
      }),
    );
    return to;
  }
  beforeEach(async () => {
    const name = uniqueName('paid');
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: name }));
    topic = { name, url: TopicArn! };
    queue = await subscribe(true);
  });
  const publish = (given: object = {}) =>
    sns.send(new PublishCommand({ TopicArn: topic.url, Message: 'paid', ...given } as PublishCommandInput));
  const publishSpan = () => telemetry.span(`publish ${topic.name}`);

  it('tells a publish of the topic, with all that the service said', async () => {
    const answer = await publish();
    assert.equal(publishSpan().kind, SpanKind.PRODUCER);
    assert.deepEqual(publishSpan().attributes, {
      'messaging.system': 'aws.sns',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.destination.name': topic.name,
      'messaging.message.id': answer.MessageId,
      'aws.sns.topic.arn': topic.url,
      'cloud.region': 'us-east-1',
      'aws.request_id': answer.$metadata.requestId,
      'server.address': sqs.url.hostname,
      'server.port': Number(sqs.url.port),
    });
    const [sent] = await telemetry.metric('messaging.client.sent.messages');
    assert.equal(sent.attributes['messaging.system'], 'aws.sns');
    assert.equal(sent.value, 1);
  });

  for (const raw of [true, false]) {
    const delivery = raw ? 'raw' : 'in an envelope';
    it(`brings its context to each queue that is subscribed, ${delivery}`, async () => {
      const queues = [await subscribe(raw), await subscribe(raw)];
      await publish({ MessageAttributes: { kind: text('order') } });
      const { spanId } = publishSpan().spanContext();
      for (const { name, url } of queues) {
        const { Messages } = await sqs.client.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 5 });
        processMessage(Messages![0], () => {});
        assert.equal(telemetry.span(`process ${name}`).parentSpanContext?.spanId, spanId);
        assert.deepEqual(linkedSpanIds(telemetry.span(`receive ${name}`)), [spanId]);
      }
    });
  }

  it('carries the context beside up to 9 attributes: more would be lost on the way to a raw queue', async () => {
    for (const count of [0, 1, 9, 10]) {
      await publish({ MessageAttributes: userAttributes(count) });
      const [message] = await sqs.wire(queue, { WaitTimeSeconds: 5 });
      const span = telemetry.spans().at(-1)!;
      assert.equal(attribute(message, 'traceparent'), count < 10 ? traceparent(span) : undefined);
      assert.equal(span.kind, count < 10 ? SpanKind.PRODUCER : SpanKind.CLIENT);
      for (let index = 0; index < count; index++) assert.equal(attribute(message, `user-${index}`), `value ${index}`);
    }
  });

  it('does not make a message longer than the quota that it keeps', async () => {
    const Message = 'x'.repeat(256 * KIB - 20);
    await publish({ Message });
    const [message] = await sqs.wire(queue, { WaitTimeSeconds: 5 });
    assert.equal(message.Body.length, Message.length);
    assert.equal(message.MessageAttributes, undefined);
    assert.equal(publishSpan().kind, SpanKind.CLIENT);
  });

  it('has no header to carry the context in, whatever is configured for SQS', async () => {
    instrumentation.setConfig({ sqsCarrier: 'aws-trace-header' });
    await publish();
    const [message] = await sqs.wire(queue, { WaitTimeSeconds: 5 });
    assert.equal(attribute(message, 'traceparent'), traceparent(publishSpan()));
  });

  it('keeps a context that the user has put into the message, and links to it', async () => {
    await publish({ MessageAttributes: { traceparent: text(USER_TRACEPARENT) } });
    const [message] = await sqs.wire(queue, { WaitTimeSeconds: 5 });
    assert.equal(attribute(message, 'traceparent'), USER_TRACEPARENT);
    assert.deepEqual(linkedSpanIds(publishSpan()), [USER_SPAN_ID]);
  });

  it('tells a batch in one span, whose context each entry carries', async () => {
    const PublishBatchRequestEntries = ['a', 'b'].map(Id => ({ Id, Message: Id }));
    const input = deepFrozen({ TopicArn: topic.url, PublishBatchRequestEntries });
    const { Successful } = await sns.send(new PublishBatchCommand(input));
    assert.equal(Successful!.length, 2);
    assert.equal(publishSpan().attributes['messaging.batch.message_count'], 2);
    const messages = await sqs.wire(queue, { WaitTimeSeconds: 5 });
    for (const message of messages) assert.equal(attribute(message, 'traceparent'), traceparent(publishSpan()));
    assert.ok(messages.length > 0);
  });

  it('tells that some entries have failed, and which, though the call resolves', async () => {
    const Failed = [{ Id: 'b', Code: 'InternalError', SenderFault: false }];
    const name = 'answer';
    sns.middlewareStack.add(
      next => async args => {
        const answer = await next(args);
        Object.assign(answer.output as object, { Failed });
        return answer;
      },
      { step: 'deserialize', priority: 'high', name },
    );
    try {
      const PublishBatchRequestEntries = ['a', 'b'].map(Id => ({ Id, Message: Id }));
      await sns.send(new PublishBatchCommand({ TopicArn: topic.url, PublishBatchRequestEntries }));
    } finally {
      sns.middlewareStack.remove(name);
    }
    const { status, attributes, events } = publishSpan();
    assert.deepEqual(status, { code: SpanStatusCode.ERROR, message: '1 of 2 entries failed' });
    assert.equal(attributes['error.type'], 'InternalError');
    assert.deepEqual(events.at(-1)!.attributes, { 'messaging.batch.entry_id': 'b', 'error.type': 'InternalError' });
  });

  it("never changes the caller's input", async () => {
    const input = deepFrozen({ TopicArn: topic.url, Message: 'paid', MessageAttributes: userAttributes(1) });
    await sns.send(new PublishCommand(input));
    assert.deepEqual(Object.keys(input.MessageAttributes), ['user-0']);
    const [message] = await sqs.wire(queue, { WaitTimeSeconds: 5 });
    assert.equal(attribute(message, 'traceparent'), traceparent(publishSpan()));
  });

  it('tells an error of the service, which the caller gets as it is', async () => {
    const none = `${topic.url}-none`;
    const plain = await outcomeOf(instrumentation, () => publish({ TopicArn: none }));
    const { error } = await outcomeOf(undefined, () => publish({ TopicArn: none }));
    assert.equal(error?.name, plain.error?.name);
    const span = telemetry.span(`publish ${topic.name}-none`);
    assert.equal(span.status.code, SpanStatusCode.ERROR);
    assert.equal(span.attributes['error.type'], error!.name);
  });

  it('S6: records no phone number: what goes to one is not traced, and neither is what goes to an app', async () => {
    const endpoint = 'arn:aws:sns:us-east-1:123456789012:endpoint/GCM/shop/5e3e9847-3183-3f18-a7e8-671c3a57d4b3';
    for (const to of [
      { PhoneNumber: PHONE_NUMBER },
      { PhoneNumber: PHONE_NUMBER, TopicArn: topic.url },
      { TargetArn: endpoint },
    ]) {
      const command = new PublishCommand({ ...to, Message: 'your code' });
      await sns.send(command).catch(() => {});
      assert.equal(command.input.MessageAttributes, undefined);
    }
    assert.deepEqual(telemetry.spans(), []);
  });

  const hostile: Record<string, object> = {
    'no topic': { TopicArn: undefined },
    'a topic that is none': { TopicArn: 42 },
    'no message': { Message: undefined },
    'attributes that are null': { MessageAttributes: null },
    'an attribute that is null': { MessageAttributes: { broken: null } },
    'attributes that are text': { MessageAttributes: 'text' },
  };
  for (const [name, given] of Object.entries(hostile)) {
    it(`leaves the outcome to the SDK: ${name}`, async () => {
      const plain = await outcomeOf(instrumentation, () => publish(given));
      const { error } = await outcomeOf(undefined, () => publish(given));
      assert.equal(error?.name, plain.error?.name);
      assert.equal(error?.message, plain.error?.message);
    });
  }

  for (const entries of [undefined, null, 'text', [null], [42]]) {
    it(`leaves the outcome to the SDK: entries that are ${JSON.stringify(entries)}`, async () => {
      const input = { TopicArn: topic.url, PublishBatchRequestEntries: entries as [] };
      const publishHostile = () => sns.send(new PublishBatchCommand(input));
      const plain = await outcomeOf(instrumentation, publishHostile);
      const { error } = await outcomeOf(undefined, publishHostile);
      assert.equal(error?.name, plain.error?.name);
    });
  }

  it('leaves alone an ignored topic, and everything while tracing is suppressed', async () => {
    await context.with(suppressTracing(context.active()), () => publish());
    instrumentation.setConfig({ ignoreDestinations: ['paid-*'] });
    await publish();
    assert.deepEqual(telemetry.spans(), []);
    assert.equal(trace.getActiveSpan(), undefined);
  });
});
