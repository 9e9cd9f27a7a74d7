import * as assert from 'node:assert/strict';
import { SpanKind } from '@opentelemetry/api';
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { processMessage } from '@queuetrace/messaging';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import {
  attribute,
  linkedSpanIds,
  text,
  traceparent,
  USER_SPAN_ID,
  USER_TRACE_HEADER,
  userAttributes,
  withSqs,
  type Queue,
} from './sqs';

/** A span's context as X-Ray writes it. */
function traceHeader(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  return `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=1`;
}

describe('where a message of SQS carries its context', () => {
  const broker = withBroker('aws_sqs');
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);
  let queue: Queue;

  beforeEach(async () => {
    queue = await sqs.queue();
  });
  afterEach(() => instrumentation.setConfig({}));

  /** What was sent, on the wire, and the span that sent it. */
  async function sent(given: object = {}) {
    await sqs.client.sendMessage({ QueueUrl: queue.url, MessageBody: 'paid', ...given });
    const [message] = await sqs.wire(queue);
    return { message, header: message.Attributes?.AWSTraceHeader, span: telemetry.span(`send ${queue.name}`) };
  }

  it('is its attributes', async () => {
    const { message, header, span } = await sent();
    assert.equal(attribute(message, 'traceparent'), traceparent(span));
    assert.equal(header, undefined);
  });

  it('is the X-Ray header alone, if so configured: no slot is taken', async () => {
    instrumentation.setConfig({ sqsCarrier: 'aws-trace-header' });
    const { message, header, span } = await sent({ MessageAttributes: userAttributes(1) });
    assert.deepEqual(Object.keys(message.MessageAttributes!), ['user-0']);
    assert.equal(header, traceHeader(span));
    assert.equal(span.kind, SpanKind.PRODUCER);
  });

  it('is both, if so configured', async () => {
    instrumentation.setConfig({ sqsCarrier: 'both' });
    const { message, header, span } = await sent();
    assert.equal(attribute(message, 'traceparent'), traceparent(span));
    assert.equal(header, traceHeader(span));
  });

  it('is both in each entry of a batch', async () => {
    instrumentation.setConfig({ sqsCarrier: 'both' });
    const Entries = ['a', 'b'].map(Id => ({ Id, MessageBody: Id }));
    await sqs.client.sendMessageBatch({ QueueUrl: queue.url, Entries });
    const span = telemetry.span(`send ${queue.name}`);
    for (const message of await sqs.wire(queue)) {
      assert.equal(attribute(message, 'traceparent'), traceparent(span));
      assert.equal(message.Attributes?.AWSTraceHeader, traceHeader(span));
    }
  });

  it('keeps a header that the user has set', async () => {
    const MessageSystemAttributes = { AWSTraceHeader: text(USER_TRACE_HEADER) };
    instrumentation.setConfig({ sqsCarrier: 'both' });
    const both = await sent({ MessageSystemAttributes });
    assert.equal(attribute(both.message, 'traceparent'), traceparent(both.span));
    assert.equal(both.header, USER_TRACE_HEADER);

    instrumentation.setConfig({ sqsCarrier: 'aws-trace-header' });
    queue = await sqs.queue();
    const alone = await sent({ MessageSystemAttributes });
    assert.equal(alone.message.MessageAttributes, undefined);
    assert.equal(alone.header, USER_TRACE_HEADER);
    assert.equal(alone.span.kind, SpanKind.CLIENT);
  });

  it('is the X-Ray header too, where its propagator is configured', async () => {
    telemetry.usePropagator(new AWSXRayPropagator());
    const { message, header, span } = await sent();
    // As other languages look it up, by exact case.
    assert.equal(attribute(message, 'X-Amzn-Trace-Id'), traceHeader(span));
    assert.equal(header, traceHeader(span));
  });

  for (const name of ['X-Amzn-Trace-Id', 'x-amzn-trace-id', 'AWSTraceHeader']) {
    it(`is read from ${name}, where X-Ray's propagator is configured`, async () => {
      telemetry.usePropagator(new AWSXRayPropagator());
      const own = { [name]: text(USER_TRACE_HEADER) };
      const carrier = name === 'AWSTraceHeader' ? { MessageSystemAttributes: own } : { MessageAttributes: own };
      await sqs.seed(queue, carrier);
      const { Messages } = await sqs.client.receiveMessage({ QueueUrl: queue.url });
      // Without us the app would not have got what it has not asked for.
      assert.equal(Messages![0].MessageAttributes, undefined);
      processMessage(Messages![0], () => {});
      const process = telemetry.span(`process ${queue.name}`);
      assert.equal(process.parentSpanContext?.spanId, USER_SPAN_ID);
    });
  }

  for (const sqsCarrier of ['attributes', 'aws-trace-header', 'both'] as const) {
    it(`is the parent of the processing, by ${sqsCarrier}`, async () => {
      instrumentation.setConfig({ sqsCarrier });
      await sqs.client.sendMessage({ QueueUrl: queue.url, MessageBody: 'paid' });
      const { Messages } = await sqs.client.receiveMessage({ QueueUrl: queue.url });
      processMessage(Messages![0], () => {});
      const { spanId } = telemetry.span(`send ${queue.name}`).spanContext();
      assert.equal(telemetry.span(`process ${queue.name}`).parentSpanContext?.spanId, spanId);
      assert.deepEqual(linkedSpanIds(telemetry.span(`process ${queue.name}`)), [spanId]);
    });
  }
});
