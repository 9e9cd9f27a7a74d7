import * as assert from 'node:assert/strict';
import { ReceiveMessageCommand, type Message, type ReceiveMessageCommandOutput } from '@aws-sdk/client-sqs';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import {
  deepFrozen,
  linkedSpanIds,
  outcomeOf,
  requestId,
  text,
  USER_SPAN_ID,
  USER_TRACE_HEADER,
  USER_TRACE_ID,
  USER_TRACEPARENT,
  userAttributes,
  withSqs,
  type Queue,
} from './sqs';

const tracer = trace.getTracer('test');
const TRACED = { MessageAttributes: { traceparent: text(USER_TRACEPARENT) } };

describe('ReceiveMessage', () => {
  const broker = withBroker('aws_sqs');
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);
  let queue: Queue;

  beforeEach(async () => {
    queue = await sqs.queue();
  });
  afterEach(() => instrumentation.setConfig({}));

  const receive = (given: object = {}) =>
    sqs.client.send(new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 10, ...given }));
  const receiveSpan = () => telemetry.span(`receive ${queue.name}`);

  it('tells one receive span with a link to each message', async () => {
    const { MessageId } = await sqs.seed(queue, TRACED);
    const answer = await receive();
    const span = receiveSpan();
    assert.equal(span.kind, SpanKind.CLIENT);
    assert.deepEqual(span.attributes, {
      'messaging.system': 'aws_sqs',
      'messaging.operation.name': 'receive',
      'messaging.operation.type': 'receive',
      'messaging.destination.name': queue.name,
      'messaging.batch.message_count': 1,
      'aws.sqs.queue.url': queue.url,
      'cloud.region': 'us-east-1',
      ...requestId(answer),
      'server.address': sqs.url.hostname,
      'server.port': Number(sqs.url.port),
    });
    const [{ context: linked, attributes }] = span.links;
    assert.equal(linked.traceId, USER_TRACE_ID);
    assert.equal(linked.spanId, USER_SPAN_ID);
    assert.equal(attributes!['messaging.message.id'], MessageId);
    assert.equal(attributes!['messaging.delivery_count'], 1);
    assert.equal(typeof attributes!['messaging.queue_time_ms'], 'number');
  });

  it('counts what was received and records how long it waited', async () => {
    for (let count = 0; count < 3; count++) await sqs.seed(queue);
    await receive();
    const [consumed] = await telemetry.metric('messaging.client.consumed.messages');
    assert.equal(consumed.value, 3);
    const [queueTime] = await telemetry.metric('messaging.queue_time');
    assert.equal(queueTime.count, 3);
    assert.equal(queueTime.attributes['messaging.destination.name'], queue.name);
  });

  it('tells nothing of an empty poll, whose answer is the same as without us', async () => {
    const { value } = await outcomeOf(instrumentation, () => receive());
    const answer = await receive();
    assert.deepEqual(answer.Messages, value!.Messages);
    assert.deepEqual(telemetry.spans(), []);
    assert.deepEqual(await telemetry.metricPoints(), []);
  });

  it('says how often a message has been delivered', async () => {
    await sqs.seed(queue, TRACED);
    await receive({ VisibilityTimeout: 0 });
    await receive();
    assert.equal(telemetry.spans()[1].links[0].attributes!['messaging.delivery_count'], 2);
  });

  it('goes back to its start in time, and is the child of the active span but not of one that has ended', async () => {
    await sqs.seed(queue);
    await sqs.seed(queue);
    const parent = tracer.startSpan('worker');
    await context.with(trace.setSpan(context.active(), parent), async () => {
      await receive({ MaxNumberOfMessages: 1 });
      parent.end();
      await receive({ MaxNumberOfMessages: 1 });
    });
    const [inside, , after] = telemetry.spans();
    assert.equal(inside.parentSpanContext?.spanId, parent.spanContext().spanId);
    assert.equal(after.parentSpanContext, undefined);
  });

  /** What the app may ask for. */
  const asked: Record<string, object> = {
    nothing: {},
    'empty lists': { MessageAttributeNames: [], MessageSystemAttributeNames: [], AttributeNames: [] },
    'one attribute': { MessageAttributeNames: ['user-1'] },
    'an attribute that we need too': { MessageAttributeNames: ['traceparent', 'user-0'] },
    'an attribute that is not there': { MessageAttributeNames: ['nothing'] },
    'all attributes': { MessageAttributeNames: ['All'] },
    'all attributes by a pattern': { MessageAttributeNames: ['.*'] },
    'a prefix': { MessageAttributeNames: ['user.*'] },
    'a prefix of ours': { MessageAttributeNames: ['trace.*'] },
    'a system attribute': { MessageSystemAttributeNames: ['SenderId'] },
    'a system attribute that we need too': { MessageSystemAttributeNames: ['AWSTraceHeader'] },
    'system attributes by their older name': { AttributeNames: ['SenderId', 'AWSTraceHeader'] },
    'all system attributes': { MessageSystemAttributeNames: ['All'] },
    'all system attributes by their older name': { AttributeNames: ['All'] },
    'system attributes by both names': {
      MessageSystemAttributeNames: ['SenderId'],
      AttributeNames: ['SenderId'],
    },
  };
  for (const [name, given] of Object.entries(asked)) {
    it(`gives the app what it asked for and no more: ${name}`, async () => {
      const MessageAttributes = { ...TRACED.MessageAttributes, ...userAttributes(2), baggage: text('tenant=acme') };
      await sqs.seed(queue, {
        MessageAttributes,
        MessageSystemAttributes: { AWSTraceHeader: text(USER_TRACE_HEADER) },
      });
      await sqs.call('ReceiveMessage', { QueueUrl: queue.url, VisibilityTimeout: 0 });
      const { value: plain } = await outcomeOf(instrumentation, () => receive({ ...given, VisibilityTimeout: 0 }));
      const answer = await receive({ ...given, VisibilityTimeout: 0 });
      assert.deepEqual(answer.Messages!.map(comparable), plain!.Messages!.map(comparable));
      assert.deepEqual(linkedSpanIds(receiveSpan()), [USER_SPAN_ID]);
    });
  }

  it("S7: never changes the caller's input; S1: receives with a frozen one", async () => {
    await sqs.seed(queue, TRACED);
    const input = deepFrozen({ QueueUrl: queue.url, MessageAttributeNames: ['a'], MessageSystemAttributeNames: [] });
    const command = Object.freeze(new ReceiveMessageCommand(input));
    await sqs.client.send(command);
    assert.equal(command.input, input);
    assert.deepEqual(input.MessageAttributeNames, ['a']);
    assert.deepEqual(linkedSpanIds(receiveSpan()), [USER_SPAN_ID]);
  });

  it('links to the context of an X-Ray header, where there is no other', async () => {
    await sqs.seed(queue, { MessageSystemAttributes: { AWSTraceHeader: text(USER_TRACE_HEADER) } });
    await receive();
    const [link] = receiveSpan().links;
    assert.equal(link.context.traceId, USER_TRACE_ID);
    assert.equal(link.context.spanId, USER_SPAN_ID);
  });

  it('S5: links to the context in an SNS notification, the body of a message that was not delivered raw', async () => {
    const notification = {
      Type: 'Notification',
      MessageId: 'f2a6',
      Message: 'paid',
      MessageAttributes: { traceparent: { Type: 'String', Value: USER_TRACEPARENT } },
    };
    await sqs.seed(queue, { MessageBody: JSON.stringify(notification) });
    const { Messages } = await receive();
    assert.equal(Messages![0].Body, JSON.stringify(notification));
    assert.deepEqual(linkedSpanIds(receiveSpan()), [USER_SPAN_ID]);
  });

  it('reads a context that another client wrote as bytes', async () => {
    const traceparent = { DataType: 'Binary', BinaryValue: Buffer.from(USER_TRACEPARENT).toString('base64') };
    await sqs.seed(queue, { MessageAttributes: { traceparent } });
    await receive();
    assert.deepEqual(linkedSpanIds(receiveSpan()), [USER_SPAN_ID]);
  });

  it('takes bodies and headers that only look like a context for what they are', async () => {
    const bodies = [
      '{"Type":"Notification","MessageAttributes":',
      '{"Type":"Notification","MessageAttributes":null}',
      '{}',
    ];
    for (const MessageBody of bodies) await sqs.seed(queue, { MessageBody });
    for (const header of ['Root=1-0af76519', 'Sampled=1', `Root=1-00000000-${'0'.repeat(24)};Parent=${USER_SPAN_ID}`]) {
      await sqs.seed(queue, { MessageSystemAttributes: { AWSTraceHeader: text(header) } });
    }
    const { Messages } = await receive();
    assert.equal(Messages!.length, 6);
    assert.deepEqual(receiveSpan().links, []);
  });

  it('answers a call with a callback, in the context of the caller', async () => {
    await sqs.seed(queue, TRACED);
    const parent = tracer.startSpan('worker');
    const output = await context.with(
      trace.setSpan(context.active(), parent),
      () =>
        new Promise<ReceiveMessageCommandOutput | undefined>((resolve, reject) =>
          sqs.client.receiveMessage({ QueueUrl: queue.url }, (error: unknown, answer) =>
            error ? reject(error) : resolve(answer),
          ),
        ),
    );
    parent.end();
    assert.equal(output!.Messages!.length, 1);
    assert.equal(receiveSpan().parentSpanContext?.spanId, parent.spanContext().spanId);
  });

  it('tells an error, which the caller gets as it is', async () => {
    const fail = () => receive({ QueueUrl: `${queue.url}-none` });
    const plain = await outcomeOf(instrumentation, fail);
    const { error } = await outcomeOf(undefined, fail);
    assert.equal(error!.message, plain.error!.message);
    const span = telemetry.span(`receive ${queue.name}-none`);
    assert.equal(span.status.code, SpanStatusCode.ERROR);
    assert.equal(span.attributes['error.type'], error!.name);
  });

  it('lets a long poll be aborted', async () => {
    const controller = new AbortController();
    const command = new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 });
    const polling = outcomeOf(undefined, () => sqs.client.send(command, { abortSignal: controller.signal }));
    controller.abort();
    assert.equal((await polling).error!.name, 'AbortError');
  });

  const hostile: Record<string, () => object> = {
    'no queue URL': () => ({ QueueUrl: undefined }),
    'names that are text': () => ({ MessageAttributeNames: 'All' }),
    'names that are null': () => ({ MessageAttributeNames: [null], MessageSystemAttributeNames: null }),
    'a visibility timeout that is none': () => ({ VisibilityTimeout: NaN }),
  };
  for (const [name, given] of Object.entries(hostile)) {
    it(`leaves the outcome to the SDK: ${name}`, async () => {
      const plain = await outcomeOf(instrumentation, () => receive(given()));
      const outcome = await outcomeOf(undefined, () => receive(given()));
      assert.equal(outcome.error?.name, plain.error?.name);
      assert.equal(outcome.error?.message, plain.error?.message);
      assert.deepEqual(outcome.value?.Messages, plain.value?.Messages);
    });
  }
});

/** Without what differs from one delivery to the next. */
function comparable({ ReceiptHandle, Attributes, ...message }: Message): object {
  assert.ok(ReceiptHandle);
  const { ApproximateReceiveCount, ...attributes } = Attributes ?? {};
  return {
    ...message,
    keys: Object.keys(message).sort(),
    attributes: Attributes && attributes,
    counted: Boolean(ApproximateReceiveCount),
  };
}
