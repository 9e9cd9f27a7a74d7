import * as assert from 'node:assert/strict';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { processMessage, processSqsEvent } from '@queuetrace/messaging';
import { runApp, telemetry } from '@queuetrace/test-utils';
import { deepFrozen, linkedSpanIds, USER_SPAN_ID, USER_TRACE_HEADER, USER_TRACE_ID, USER_TRACEPARENT } from './sqs';

const apps = path.join(__dirname, '../../test/apps');
const tracer = trace.getTracer('test');

/* The events are built by hand from the shapes that AWS documents ("Using Lambda with Amazon SQS"). */

interface Given {
  attributes?: Record<string, string>;
  messageAttributes?: object;
  body?: string;
  queue?: string;
}

function recordOf(
  messageId: string,
  { attributes, messageAttributes = {}, body = 'paid', queue = 'orders' }: Given = {},
) {
  return {
    messageId,
    receiptHandle: `handle of ${messageId}`,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(Date.now() - 1000),
      SenderId: 'AIDAIENQZJOLO23YVJ4VO',
      ApproximateFirstReceiveTimestamp: String(Date.now()),
      ...attributes,
    },
    messageAttributes,
    md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-2:123456789012:${queue}`,
    awsRegion: 'us-east-2',
  };
}
const attribute = (stringValue: string) => ({
  stringValue,
  stringListValues: [],
  binaryListValues: [],
  dataType: 'String',
});
const TRACED = { messageAttributes: { traceparent: attribute(USER_TRACEPARENT) } };
/** Answers as the function's handler does, failing for the messages that are named. */
const failing =
  (...ids: string[]) =>
  async ({ messageId }: { messageId: string }) => {
    await setImmediate();
    if (ids.includes(messageId)) throw new RangeError(`${messageId} failed`);
  };

describe('processSqsEvent', () => {
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  afterEach(() => instrumentation.setConfig({}));
  const processSpan = () => telemetry.span('process orders');

  it('makes a process span active for each message, the child of its context and linked to it', async () => {
    const seen: (string | undefined)[] = [];
    const Records = [recordOf('a', TRACED), recordOf('b')];
    await processSqsEvent({ Records }, async record => {
      await setImmediate(record);
      seen.push(trace.getActiveSpan()?.spanContext().spanId);
    });
    const [first, second] = telemetry.spans();
    assert.deepEqual(seen, [first.spanContext().spanId, second.spanContext().spanId]);
    assert.equal(first.parentSpanContext?.spanId, USER_SPAN_ID);
    assert.deepEqual(linkedSpanIds(first), [USER_SPAN_ID]);
    assert.equal(first.kind, SpanKind.CONSUMER);
    assert.equal(second.parentSpanContext, undefined);
    assert.deepEqual(second.links, []);
  });

  it('tells all that the event says of a message', async () => {
    const Records = [recordOf('a', { attributes: { MessageGroupId: 'customer-1', ApproximateReceiveCount: '1' } })];
    await processSqsEvent({ Records }, () => {});
    const { attributes } = processSpan();
    assert.ok((attributes['messaging.queue_time_ms'] as number) >= 1000);
    assert.deepEqual(attributes, {
      'messaging.system': 'aws_sqs',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'orders',
      'messaging.message.id': 'a',
      'messaging.delivery_count': 1,
      'messaging.queue_time_ms': attributes['messaging.queue_time_ms'],
      'messaging.aws_sqs.message_group_id': 'customer-1',
      'cloud.region': 'us-east-2',
    });
    const [consumed] = await telemetry.metric('messaging.client.consumed.messages');
    assert.equal(consumed.value, 1);
    const [queueTime] = await telemetry.metric('messaging.queue_time');
    assert.equal(queueTime.count, 1);
  });

  it('is linked to the span of the invocation, which is the parent where that is configured', async () => {
    const invoke = () =>
      tracer.startActiveSpan('invocation', async invocation => {
        await processSqsEvent({ Records: [recordOf('a', TRACED)] }, failing());
        invocation.end();
        return invocation.spanContext().spanId;
      });
    const invocationId = await invoke();
    assert.deepEqual(linkedSpanIds(processSpan()).sort(), [USER_SPAN_ID, invocationId].sort());
    instrumentation.setConfig({ consumerParent: 'ambient' });
    const id = await invoke();
    const span = telemetry.spans().findLast(({ name }) => name === 'process orders')!;
    assert.equal(span.parentSpanContext?.spanId, id);
    assert.deepEqual(linkedSpanIds(span), [USER_SPAN_ID]);
  });

  const notification = {
    Type: 'Notification',
    MessageId: 'f2a6',
    Message: 'paid',
    MessageAttributes: { traceparent: { Type: 'String', Value: USER_TRACEPARENT } },
  };
  /** As EventBridge and S3 send to a queue: no attributes, and the header where the source is traced by X-Ray. */
  const s3 = {
    Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'orders' } } }],
  };
  const eventBridge = { version: '0', 'detail-type': 'order paid', source: 'shop', detail: { id: 1 } };
  const binary = { binaryValue: Buffer.from(USER_TRACEPARENT).toString('base64'), dataType: 'Binary' };
  const carriers: Record<string, Given> = {
    'a message attribute': TRACED,
    'a message attribute of bytes': { messageAttributes: { traceparent: binary } },
    'an SNS notification': { body: JSON.stringify(notification) },
    'the X-Ray header': { attributes: { AWSTraceHeader: USER_TRACE_HEADER } },
    "the X-Ray header of a bucket's notification": {
      body: JSON.stringify(s3),
      attributes: { AWSTraceHeader: USER_TRACE_HEADER },
    },
    'the X-Ray header of an EventBridge event': {
      body: JSON.stringify(eventBridge),
      attributes: { AWSTraceHeader: USER_TRACE_HEADER },
    },
  };
  for (const [name, given] of Object.entries(carriers)) {
    it(`reads the context from ${name}`, async () => {
      await processSqsEvent({ Records: [recordOf('a', given)] }, () => {});
      assert.equal(processSpan().spanContext().traceId, USER_TRACE_ID);
      assert.equal(processSpan().parentSpanContext?.spanId, USER_SPAN_ID);
    });
  }

  it('brings the baggage of a message to its handler', async () => {
    const Records = [recordOf('a', { messageAttributes: { baggage: attribute('tenant=acme') } })];
    let tenant: string | undefined;
    await processSqsEvent({ Records }, () => {
      tenant = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
    });
    assert.equal(tenant, 'acme');
  });

  it('answers with the messages whose handler has failed, and tells which error it was', async () => {
    const Records = ['a', 'b', 'c'].map(id => recordOf(id));
    const response = await processSqsEvent({ Records }, failing('b'));
    assert.deepEqual(response, { batchItemFailures: [{ itemIdentifier: 'b' }] });
    const codes = telemetry.spans().map(({ status }) => status.code);
    assert.deepEqual(codes, [SpanStatusCode.UNSET, SpanStatusCode.ERROR, SpanStatusCode.UNSET]);
    assert.equal(telemetry.spans()[1].attributes['error.type'], 'RangeError');
    assert.deepEqual(await processSqsEvent({ Records }, failing()), { batchItemFailures: [] });
  });

  it('takes a handler that throws as one that rejects', async () => {
    const response = await processSqsEvent({ Records: [recordOf('a'), recordOf('b')] }, ({ messageId }) => {
      if (messageId === 'a') throw new TypeError('out of stock');
    });
    assert.deepEqual(response, { batchItemFailures: [{ itemIdentifier: 'a' }] });
  });

  it('rejects with the first failure where no message was handled well', async () => {
    const Records = [recordOf('a'), recordOf('b')];
    await assert.rejects(processSqsEvent({ Records }, failing('a', 'b')), { message: 'a failed' });
    assert.equal(telemetry.spans().length, 2);
  });

  it('leaves the messages behind a failure to the next time, in a FIFO queue', async () => {
    const Records = ['a', 'b', 'c'].map(id => recordOf(id, { queue: 'orders.fifo' }));
    const response = await processSqsEvent({ Records }, failing('b'), { concurrency: 10 });
    assert.deepEqual(response, { batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'c' }] });
    assert.equal(telemetry.spans().length, 2);
  });

  it('handles as many messages at once as it is told to', async () => {
    let running = 0;
    let most = 0;
    const handler = async () => {
      most = Math.max(most, ++running);
      await setImmediate();
      running--;
    };
    const Records = ['a', 'b', 'c'].map(id => recordOf(id));
    await processSqsEvent({ Records }, handler);
    assert.equal(most, 1);
    await processSqsEvent({ Records }, handler, { concurrency: 2 });
    assert.equal(most, 2);
  });

  it('is not needed where somebody else walks through the event: processMessage takes its records', async () => {
    const event = deepFrozen({ Records: [recordOf('a', TRACED), recordOf('b')] });
    const handle = (record: object) => processMessage(record, () => trace.getActiveSpan()?.spanContext().spanId);
    const seen = event.Records.map(handle);
    const [first, second] = telemetry.spans();
    assert.deepEqual(seen, [first.spanContext().spanId, second.spanContext().spanId]);
    assert.equal(first.parentSpanContext?.spanId, USER_SPAN_ID);
    assert.equal(first.attributes['messaging.message.id'], 'a');
  });

  it('gives the handler the very record, and never changes the event', async () => {
    const event = deepFrozen({ Records: [recordOf('a', TRACED)] });
    const before = structuredClone(event);
    await processSqsEvent(event, record => assert.equal(record, event.Records[0]));
    assert.deepEqual(event, before);
    assert.equal(processSpan().status.code, SpanStatusCode.UNSET);
  });

  it('handles records that are not as they should be', async () => {
    const odd = [{ messageAttributes: null }, { attributes: null }, { eventSourceARN: 42 }, { body: null }];
    for (const given of odd) {
      const Records = [{ ...recordOf('a'), ...given } as unknown as ReturnType<typeof recordOf>];
      assert.deepEqual(await processSqsEvent({ Records }, failing()), { batchItemFailures: [] });
    }
    assert.deepEqual(await processSqsEvent({ Records: [] }, failing()), { batchItemFailures: [] });
  });

  it('makes no span for an ignored queue, while tracing is suppressed, and where the instrumentation is off', async () => {
    const handle = () => processSqsEvent({ Records: [recordOf('a'), recordOf('b')] }, failing('b'));
    const expected = { batchItemFailures: [{ itemIdentifier: 'b' }] };
    assert.deepEqual(await context.with(suppressTracing(context.active()), handle), expected);
    instrumentation.setConfig({ ignoreDestinations: ['orders'] });
    assert.deepEqual(await handle(), expected);
    instrumentation.setConfig({});
    instrumentation.disable();
    try {
      assert.deepEqual(await handle(), expected);
    } finally {
      instrumentation.enable();
    }
    assert.deepEqual(telemetry.spans(), []);
  });

  it('finds the instrumentation of a preload, though the app does not load the library', async () => {
    const nodeArgs = ['--require', path.join(apps, 'preload.cjs')];
    const { stdout, stderr } = await runApp(path.join(apps, 'lambda.mjs'), { nodeArgs });
    assert.equal(stdout.trim(), 'span: process orders < nothing, 0 links, 1', stderr);
  });
});
